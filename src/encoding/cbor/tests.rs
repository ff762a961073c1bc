use super::*;

mod differential;

fn fault(bytes: &[u8]) -> Fault {
    Value::read(bytes, "item", MAX_DEPTH).unwrap_err().fault
}

#[test]
fn canonical_items_are_read() {
    let map = Value::read(&[0xa2, 0x01, 0x02, 0x61, b'a', 0x81, 0xf5], "item", MAX_DEPTH).unwrap();
    assert_eq!(map.label(1).unwrap().integer(), Some(2));
    assert_eq!(map.member("a").unwrap().array(), Some(&[Value::Bool(true)][..]));
    assert_eq!(Value::read(&[0x26], "item", 1).unwrap().integer(), Some(-7));
    let lowest = [0x3b, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff];
    assert_eq!(Value::read(&lowest, "item", 1).unwrap().integer(), Some(i64::MIN));
    let below = [0x3b, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff];
    assert_eq!(Value::read(&below, "item", 1).unwrap().integer(), None);
}

#[test]
fn every_departure_from_the_canonical_form_has_its_own_fault() {
    assert_eq!(fault(&[]), Fault::Truncated);
    assert_eq!(fault(&[0x42, 1]), Fault::Truncated);
    assert_eq!(fault(&[0x5f, 0x41, 1, 0xff]), Fault::CborIndefinite);
    assert_eq!(fault(&[0x9f, 0xff]), Fault::CborIndefinite);
    assert_eq!(fault(&[0xbf, 0xff]), Fault::CborIndefinite);
    assert_eq!(fault(&[0x7f, 0xff]), Fault::CborIndefinite);
    assert_eq!(fault(&[0xff]), Fault::CborIndefinite);
    assert_eq!(fault(&[0x1c]), Fault::CborIndefinite);
    assert_eq!(fault(&[0x18, 0x17]), Fault::CborNotShortest);
    assert_eq!(fault(&[0x19, 0x00, 0xff]), Fault::CborNotShortest);
    assert_eq!(fault(&[0x58, 0x01, 0x00]), Fault::CborNotShortest);
    assert_eq!(fault(&[0xb8, 0x01, 0x01, 0x01]), Fault::CborNotShortest);
    assert_eq!(fault(&[0xa2, 0x02, 0x00, 0x01, 0x00]), Fault::CborOrder);
    assert_eq!(fault(&[0xa2, 0x01, 0x00, 0x01, 0x00]), Fault::CborDuplicate);
    assert_eq!(fault(&[0xa3, 0x01, 0x00, 0x02, 0x00, 0x01, 0x00]), Fault::CborDuplicate);
    // Not a number, twice: no float equals it, and still it is the same key.
    let nan = [0xa2, 0xf9, 0x7e, 0x00, 0x00, 0xf9, 0x7e, 0x00, 0x00];
    assert_eq!(fault(&nan), Fault::CborDuplicate);
    assert_eq!(fault(&[0xc0, 0x00]), Fault::CborTag);
    assert_eq!(fault(&[0xe0]), Fault::CborSimple);
    assert_eq!(fault(&[0x00, 0x00]), Fault::Trailing);
    assert_eq!(fault(&[0x61, 0xff]), Fault::Utf8);
    assert_eq!(fault(&[0x81, 0x81, 0x81, 0x81, 0x80]), Fault::TooDeep);
    assert_eq!(fault(&[0x9a, 0x80, 0x00, 0x00, 0x00]), Fault::TooMany);
    assert_eq!(fault(&[0xba, 0x80, 0x00, 0x00, 0x00]), Fault::TooMany);
    assert_eq!(fault(&[0x98, 65]), Fault::TooMany);
}

#[test]
fn a_wide_tree_ends_at_the_budget() {
    // Eight arrays of 64 numbers are 521 items, in 530 bytes.
    let mut bytes = vec![0x88];
    for _ in 0..8 {
        bytes.extend([0x98, 64]);
        bytes.extend([0; 64]);
    }
    assert_eq!(fault(&bytes), Fault::TooMany);
}

#[test]
fn a_bomb_of_nesting_ends_at_the_bound() {
    assert_eq!(fault(&[0x81; 200_000]), Fault::TooDeep);
    assert_eq!(fault(&[0xa1; 200_000]), Fault::TooDeep);
}
