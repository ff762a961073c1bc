//! Importing what the testkit's metadata service signs, and pinning the report.

use core::cmp::Ordering;

use device_enrollment::policy::Overdue;
use device_enrollment::verdict::{CheckId, Outcome};
use device_enrollment::{
    Metadata, MetadataReport, MetadataSource, TrustAnchor, UnixTime, UnknownRevocation,
};
use device_enrollment_testkit::metadata::entry_for;
use device_enrollment_testkit::{MetadataBlob, Registration, RevocationList, TIME};

/// An import in its setting. Every field is a lever.
#[derive(Clone)]
pub struct Import {
    pub blob: MetadataBlob,
    /// The pinned roots. They do not follow a change of the chain.
    pub roots: Vec<Vec<u8>>,
    /// One list for each authority, the leaf's issuer first.
    pub lists: Vec<RevocationList>,
    pub unknown_revocation: UnknownRevocation,
    pub time: UnixTime,
    pub overdue: Overdue,
    pub previous: Option<Metadata>,
}

/// An import with one entry that was shown to be accepted.
pub fn an_import() -> Import {
    let entry = entry_for(&Registration::packed_basic(crate::harness::SEED));
    let import = Import::of(MetadataBlob::new("md", vec![entry]));
    passes(&import.judge(), CheckId::Md1);
    import
}

impl Import {
    pub fn of(blob: MetadataBlob) -> Self {
        Self {
            roots: vec![blob.root()],
            lists: blob.revocation_lists(),
            blob,
            unknown_revocation: UnknownRevocation::Refused,
            time: UnixTime(TIME),
            overdue: Overdue::Refused,
            previous: None,
        }
    }

    /// The same import after one change.
    pub fn with(&self, change: impl FnOnce(&mut Self)) -> Self {
        let mut import = self.clone();
        change(&mut import);
        import
    }

    /// The report on the same import after one change.
    pub fn but(&self, change: impl FnOnce(&mut Self)) -> MetadataReport {
        self.with(change).judge()
    }

    pub fn judge(&self) -> MetadataReport {
        self.judge_bytes(&self.blob.make())
    }

    /// The report on other bytes in the same setting.
    pub fn judge_bytes(&self, blob: &[u8]) -> MetadataReport {
        self.in_setting(|source| Metadata::import(blob, source))
    }

    /// The report on the payload by itself.
    pub fn judge_unsigned(&self) -> MetadataReport {
        self.in_setting(|source| Metadata::import_unsigned(self.blob.payload().as_bytes(), source))
    }

    fn in_setting(
        &self,
        judge: impl FnOnce(&MetadataSource<'_>) -> MetadataReport,
    ) -> MetadataReport {
        let roots: Vec<_> =
            self.roots.iter().map(|der| TrustAnchor::from_der(der).unwrap()).collect();
        let lists: Vec<_> = self.lists.iter().map(RevocationList::der).collect();
        let lists: Vec<&[u8]> = lists.iter().map(Vec::as_slice).collect();
        let mut source = MetadataSource::new(&roots, self.time);
        source.revocation_lists = &lists;
        source.unknown_revocation = self.unknown_revocation;
        source.overdue = self.overdue;
        source.previous = self.previous.as_ref();
        judge(&source)
    }
}

/// The import was accepted, and this check passed.
#[track_caller]
pub fn passes(report: &MetadataReport, id: CheckId) {
    if let Err(failure) = &report.outcome {
        panic!("refused: {failure} ({})", failure.code());
    }
    assert_eq!(report.outcome_of(id), Some(Outcome::Passed), "{id}");
    let open = |outcome| matches!(outcome, Outcome::Failed | Outcome::NotReached);
    assert!(!report.checks.iter().any(|check| open(check.outcome)), "{:?}", report.checks);
}

/// The import was refused by this check, for this reason, and nothing was judged after it.
#[track_caller]
pub fn fails(report: &MetadataReport, id: CheckId, code: &str) {
    let failure = report.outcome.as_ref().expect_err("it was accepted");
    assert_eq!((failure.check, failure.code()), (id, code), "{failure}");
    stopped_at(report, id);
}

/// What stands before the failed check was judged, and nothing after it.
#[track_caller]
pub fn stopped_at(report: &MetadataReport, id: CheckId) {
    assert_eq!(report.checks.len(), 6);
    let at = report.checks.iter().position(|check| check.id == id).expect("a planned check");
    for (index, check) in report.checks.iter().enumerate() {
        match index.cmp(&at) {
            Ordering::Less => {
                let judged = !matches!(check.outcome, Outcome::Failed | Outcome::NotReached);
                assert!(judged, "{} before {id}", check.id);
            }
            Ordering::Equal => assert_eq!(check.outcome, Outcome::Failed, "{id}"),
            Ordering::Greater => {
                assert_eq!(check.outcome, Outcome::NotReached, "{} after {id}", check.id);
            }
        }
    }
}
