use crate::flow::Uuid4;

/// The segments of a path, decoded one by one, so that an encoded slash does not part them.
pub(super) fn path(path: &str) -> Option<Vec<Vec<u8>>> {
    path.split('/').map(|segment| decode(segment, false).map(one_case)).collect()
}

/// The decoded pairs of a query, by name; those of one name keep their order. A name without a
/// value has an empty one.
pub(super) fn query(query: &str) -> Option<Vec<(Vec<u8>, Vec<u8>)>> {
    let mut pairs = Vec::new();
    for pair in query.split('&').filter(|pair| !pair.is_empty()) {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        pairs.push((decode(name, true)?, one_case(decode(value, true)?)));
    }
    pairs.sort_by(|(one, _), (other, _)| one.cmp(other));
    Some(pairs)
}

/// A UUID names one thing in either case; everything else stays as it is.
pub(super) fn one_case(bytes: Vec<u8>) -> Vec<u8> {
    let uuid = core::str::from_utf8(&bytes).ok().and_then(Uuid4::parse);
    uuid.map_or(bytes, |uuid| uuid.to_string().into_bytes())
}

/// Percent-decodes; `None` where a percent sign is not followed by two digits.
fn decode(text: &str, plus_is_space: bool) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, tail @ ..] = rest {
        rest = tail;
        match first {
            b'%' => {
                let [high, low, tail @ ..] = tail else { return None };
                let digit = |byte: u8| char::from(byte).to_digit(16);
                bytes.push(u8::try_from(digit(*high)? << 4 | digit(*low)?).ok()?);
                rest = tail;
            }
            b'+' if plus_is_space => bytes.push(b' '),
            other => bytes.push(*other),
        }
    }
    Some(bytes)
}
