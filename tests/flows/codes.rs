//! Codes: uniform, bound to everything they should be, good once, and kept so that storage betrays
//! nothing.

use device_enrollment::UnixMillis;
use device_enrollment::flow::{DocumentNumber, Entropy, Uuid4};
use device_enrollment::two_factor::{
    Alphabet, AttemptRefusal, Channel, Code, CodeBinding, CodeKey, CodeKeys, CodeOutcome,
    CodePurpose, PendingCode, Resolution,
};

use crate::fixtures::{ACCOUNT, APPROVER, DEVICE, NOW, entropy, keys, same, uuid, wrong};

fn binding() -> CodeBinding {
    CodeBinding {
        purpose: CodePurpose::Device,
        account_key: uuid(ACCOUNT),
        object_key: uuid(DEVICE),
        approver: DocumentNumber::person(APPROVER).unwrap(),
        digest: [0xd1; 32],
    }
}

fn issued(keys: &CodeKeys) -> (PendingCode, Code) {
    PendingCode::issue(
        Alphabet::LowerAlphanumeric,
        Channel::Sms,
        &binding(),
        keys,
        &mut entropy("code"),
        NOW,
    )
    .unwrap()
}

fn outcome(
    pending: &PendingCode,
    binding: CodeBinding,
    entered: &Code,
    keys: &CodeKeys,
) -> CodeOutcome {
    pending.clone().attempt(binding, NOW).unwrap().evaluate(entered, keys).outcome()
}

#[test]
fn the_code_matches_in_its_own_case_alone() {
    let keys = keys();
    let (pending, code) = issued(&keys);
    assert_eq!(outcome(&pending, binding(), &code, &keys), CodeOutcome::Matched);
    assert_eq!(outcome(&pending, binding(), &wrong(&code), &keys), CodeOutcome::Mismatched);
    let upper = Code::parse(&code.expose().to_uppercase()).unwrap();
    assert_ne!(upper.expose(), code.expose());
    assert_eq!(outcome(&pending, binding(), &upper, &keys), CodeOutcome::Mismatched);
}

#[test]
fn a_code_never_validates_when_one_bound_bit_is_another() {
    let keys = keys();
    let (pending, code) = issued(&keys);
    let mut flipped = Vec::new();
    for bit in 0..256 {
        let mut other = binding();
        other.digest[bit / 8] ^= 1 << (bit % 8);
        flipped.push(other);
    }
    for bit in 0..128 {
        let turned = |key: Uuid4| {
            let mut bytes = *key.as_bytes();
            bytes[bit / 8] ^= 1 << (bit % 8);
            Uuid4::from_random(bytes)
        };
        for other in [
            CodeBinding { account_key: turned(binding().account_key), ..binding() },
            CodeBinding { object_key: turned(binding().object_key), ..binding() },
        ] {
            // Six bits of a UUID say its version, and cannot be turned.
            if other != binding() {
                flipped.push(other);
            }
        }
    }
    for digit in 0..APPROVER.len() {
        let mut digits = APPROVER.to_owned().into_bytes();
        digits[digit] ^= 1;
        let digits = String::from_utf8(digits).unwrap();
        let approver = DocumentNumber::person(&digits).unwrap();
        flipped.push(CodeBinding { approver, ..binding() });
    }
    flipped.push(CodeBinding { purpose: CodePurpose::Transfer, ..binding() });
    assert_eq!(flipped.len(), 256 + 2 * 122 + 11 + 1);
    for other in flipped {
        assert_eq!(outcome(&pending, other, &code, &keys), CodeOutcome::Mismatched);
    }
}

#[test]
fn what_storage_holds_is_bound_too() {
    let keys = keys();
    let (pending, code) = issued(&keys);
    let stored = serde_json::to_value(&pending).unwrap();
    let changed = |member: &str, to: serde_json::Value| {
        let mut changed = stored.clone();
        assert_ne!(changed["live"]["record"][member], to);
        changed["live"]["record"][member] = to;
        let changed: PendingCode = serde_json::from_value(changed).unwrap();
        outcome(&changed, binding(), &code, &keys)
    };
    assert_eq!(changed("channel", "email".into()), CodeOutcome::Mismatched);
    let later = NOW.plus_minutes(5).0 + 1;
    assert_eq!(changed("expires_at", later.into()), CodeOutcome::Mismatched);
    assert_eq!(changed("salt", "A".repeat(22).into()), CodeOutcome::Mismatched);
    assert_eq!(changed("mac", "A".repeat(43).into()), CodeOutcome::Mismatched);
    assert_eq!(changed("key_id", "other".into()), CodeOutcome::UnknownKey);
}

#[test]
fn whoever_has_the_rows_and_not_the_key_verifies_no_guess() {
    let (pending, code) = issued(&keys());
    let stored = serde_json::to_string(&pending).unwrap();
    for secret in [code.expose(), APPROVER, ACCOUNT, DEVICE] {
        assert!(!stored.contains(secret));
    }
    let guessed = CodeKeys::new(CodeKey::new("2026-11", &[0x52; 32]).unwrap());
    assert_eq!(outcome(&pending, binding(), &code, &guessed), CodeOutcome::Mismatched);
}

#[test]
fn two_codes_of_the_same_characters_share_no_mac() {
    let keys = keys();
    let record = |label: &str| {
        let mut constant = Entropy::new([7; Entropy::LENGTH]);
        let code = Code::generate(Alphabet::Digits, &mut constant).unwrap();
        let mut bytes = [7; Entropy::LENGTH];
        bytes[6..22].copy_from_slice(&device_enrollment_testkit::seed::array::<16>(label, "salt"));
        let (pending, made) = PendingCode::issue(
            Alphabet::Digits,
            Channel::Sms,
            &binding(),
            &keys,
            &mut Entropy::new(bytes),
            NOW,
        )
        .unwrap();
        assert_eq!(made.expose(), code.expose());
        serde_json::to_value(&pending).unwrap()["live"]["record"]["mac"].clone()
    };
    assert_ne!(record("one"), record("other"));
    assert_eq!(record("one"), record("one"));
}

#[test]
fn while_keys_rotate_both_are_good_and_afterwards_the_old_one_is_unknown() {
    let key = |id: &str, byte| CodeKey::new(id, &[byte; 32]).unwrap();
    let (old, new) = (CodeKeys::new(key("old", 1)), CodeKeys::new(key("new", 2)));
    let both = CodeKeys::rotating(key("new", 2), key("old", 1)).unwrap();
    let (of_old, old_code) = issued(&old);
    let (of_both, new_code) = issued(&both);
    assert_eq!(outcome(&of_old, binding(), &old_code, &both), CodeOutcome::Matched);
    assert_eq!(outcome(&of_both, binding(), &new_code, &both), CodeOutcome::Matched);
    // New codes are made with the current key.
    assert_eq!(outcome(&of_both, binding(), &new_code, &new), CodeOutcome::Matched);

    let mut late = of_old;
    let check = late.attempt(binding(), NOW).unwrap();
    let evaluation = check.evaluate(&old_code, &new);
    assert_eq!(evaluation.outcome(), CodeOutcome::UnknownKey);
    let resolution = late.resolve(CodePurpose::Device, uuid(ACCOUNT), uuid(DEVICE), evaluation);
    assert_eq!(resolution, Resolution::Mismatched);
    assert_eq!(late.attempts(), 1);
}

#[test]
fn a_code_lives_five_minutes_to_the_millisecond() {
    let keys = keys();
    let at = |now: UnixMillis| issued(&keys).0.attempt(binding(), now).map(|_| ());
    let end = NOW.plus_minutes(5);
    assert_eq!(at(end.plus_millis(-1)), Ok(()));
    assert_eq!(at(end), Err(AttemptRefusal::Expired));
    // A clock that was set back brings no code to life again, nor any forward.
    assert_eq!(at(NOW.plus_millis(-3_600_000)), Ok(()));
    assert_eq!(at(NOW.plus_millis(3_600_000)), Err(AttemptRefusal::Expired));
}

#[test]
fn an_evaluation_is_good_for_its_object_and_attempt_alone() {
    let keys = keys();
    let (mut pending, code) = issued(&keys);
    let evaluation =
        |pending: &mut PendingCode| pending.attempt(binding(), NOW).unwrap().evaluate(&code, &keys);
    let resolve = |pending: &mut PendingCode, purpose, account: &str, object: &str, evaluation| {
        pending.resolve(purpose, uuid(account), uuid(object), evaluation)
    };
    let mut twin = pending.clone();
    let elsewhere = "11111111-1111-4111-8111-111111111111";
    for (purpose, account, object) in [
        (CodePurpose::Transfer, ACCOUNT, DEVICE),
        (CodePurpose::Device, elsewhere, DEVICE),
        (CodePurpose::Device, ACCOUNT, elsewhere),
    ] {
        let matched = evaluation(&mut pending.clone());
        let mut open = pending.clone();
        let _ = open.attempt(binding(), NOW).unwrap();
        assert_eq!(resolve(&mut open, purpose, account, object, matched), Resolution::Foreign);
    }
    // No attempt is open.
    let matched = evaluation(&mut twin);
    let resolution = resolve(&mut pending, CodePurpose::Device, ACCOUNT, DEVICE, matched);
    assert_eq!(resolution, Resolution::Foreign);
    // The attempt was judged already.
    let first = evaluation(&mut pending);
    let again = evaluation(&mut issued(&keys).0);
    let resolution = resolve(&mut pending, CodePurpose::Device, ACCOUNT, DEVICE, first);
    assert_eq!(resolution, Resolution::Matched);
    let resolution = resolve(&mut pending, CodePurpose::Device, ACCOUNT, DEVICE, again);
    assert_eq!(resolution, Resolution::Foreign);
    // The same attempt of an earlier object under the same key.
    let (mut earlier, earlier_code) = PendingCode::issue(
        Alphabet::Digits,
        Channel::Sms,
        &binding(),
        &keys,
        &mut entropy("an earlier life"),
        NOW,
    )
    .unwrap();
    let matched = earlier.attempt(binding(), NOW).unwrap().evaluate(&earlier_code, &keys);
    assert_eq!(matched.outcome(), CodeOutcome::Matched);
    let (mut pending, _) = issued(&keys);
    let _ = pending.attempt(binding(), NOW).unwrap();
    let resolution = resolve(&mut pending, CodePurpose::Device, ACCOUNT, DEVICE, matched);
    assert_eq!(resolution, Resolution::Mismatched);
}

#[test]
fn a_new_code_voids_the_one_before_also_for_an_attempt_that_is_open() {
    let keys = keys();
    let (mut pending, code) = issued(&keys);
    let check = pending.attempt(binding(), NOW).unwrap();
    let mut random = entropy("again");
    let alphabet = Alphabet::LowerAlphanumeric;
    let _ =
        pending.issue_again(alphabet, Channel::Email, &binding(), &keys, &mut random, NOW).unwrap();
    let matched = check.evaluate(&code, &keys);
    assert_eq!(matched.outcome(), CodeOutcome::Matched);
    let resolution = pending.resolve(CodePurpose::Device, uuid(ACCOUNT), uuid(DEVICE), matched);
    assert_eq!(resolution, Resolution::Mismatched);
    assert_eq!(outcome(&pending, binding(), &code, &keys), CodeOutcome::Mismatched);
}

#[test]
fn nothing_of_a_code_prints() {
    let keys = CodeKeys::new(CodeKey::new("2026-11", b"canary-canary-canary-canary-cana").unwrap());
    let (mut pending, code) = issued(&keys);
    let check = pending.attempt(binding(), NOW).unwrap();
    let printed_check = format!("{check:?}");
    let evaluation = check.evaluate(&same(&code), &keys);
    let stored = serde_json::to_value(&pending).unwrap();
    let printed =
        format!("{pending:?} {code:?} {keys:?} {printed_check} {evaluation:?} {:?}", binding());
    for secret in [
        code.expose(),
        "canary",
        "99, 97, 110",
        APPROVER,
        stored["live"]["record"]["mac"].as_str().unwrap(),
        stored["live"]["record"]["salt"].as_str().unwrap(),
    ] {
        assert!(!printed.contains(secret), "{secret} in {printed}");
    }
}

/// Codes of each alphabet, from a generator that is the same on every run.
const CODES: usize = 1_000_000;

#[test]
fn a_million_codes_are_uniform_over_their_alphabet() {
    // Critical values of chi-squared at 0.001, for one less than the size of the alphabet and of its
    // square.
    for (alphabet, single, pair) in
        [(Alphabet::Digits, 27.88, 148.2), (Alphabet::LowerAlphanumeric, 66.62, 1458.0)]
    {
        let mut counts = Counts::new(usize::from(alphabet.size().get()));
        let mut random = SplitMix(0x0dd0_5eed);
        let mut made = 0;
        while made < CODES {
            let mut entropy = random.entropy();
            // What runs out in the middle of a code is thrown away with it.
            while made < CODES
                && let Ok(code) = Code::generate(alphabet, &mut entropy)
            {
                counts.add(code.expose());
                made += 1;
            }
        }
        let (singles, pairs) = counts.statistics();
        for (position, statistic) in singles.iter().enumerate() {
            assert!(*statistic < single, "{alphabet:?} position {position}: {statistic}");
        }
        assert!(pairs < pair, "{alphabet:?} pairs: {pairs}");
    }
}

/// The same statistic of characters that are made without rejection: it has to be caught.
#[test]
fn a_remainder_without_rejection_would_not_be_taken_for_uniform() {
    let mut counts = Counts::new(36);
    let mut random = SplitMix(0x0dd0_5eed);
    for _ in 0..100_000 {
        let code: String = random.next().to_be_bytes()[..6]
            .iter()
            .map(|byte| char::from_digit(u32::from(byte % 36), 36).unwrap())
            .collect();
        counts.add(&code);
    }
    assert!(counts.statistics().0.iter().all(|statistic| *statistic > 66.62));
}

struct Counts {
    size: usize,
    singles: Vec<Vec<u64>>,
    /// The first two characters together.
    pairs: Vec<u64>,
    codes: u64,
}

impl Counts {
    fn new(size: usize) -> Self {
        Self {
            size,
            singles: vec![vec![0; size]; Code::LENGTH],
            pairs: vec![0; size * size],
            codes: 0,
        }
    }

    fn add(&mut self, code: &str) {
        let mut numbers = [0; Code::LENGTH];
        for (number, character) in numbers.iter_mut().zip(code.chars()) {
            *number = character.to_digit(36).unwrap() as usize;
        }
        for (counts, number) in self.singles.iter_mut().zip(numbers) {
            counts[number] += 1;
        }
        self.pairs[numbers[0] * self.size + numbers[1]] += 1;
        self.codes += 1;
    }

    fn statistics(&self) -> (Vec<f64>, f64) {
        let chi_squared = |counts: &[u64]| {
            let expected = self.codes as f64 / counts.len() as f64;
            counts.iter().map(|count| (*count as f64 - expected).powi(2) / expected).sum::<f64>()
        };
        (self.singles.iter().map(|counts| chi_squared(counts)).collect(), chi_squared(&self.pairs))
    }
}

/// The generator of Steele, Lea and Flood: fast, and the same on every run.
struct SplitMix(u64);

impl SplitMix {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn entropy(&mut self) -> Entropy {
        let mut bytes = [0; Entropy::LENGTH];
        for chunk in bytes.chunks_exact_mut(8) {
            chunk.copy_from_slice(&self.next().to_be_bytes());
        }
        Entropy::new(bytes)
    }
}
