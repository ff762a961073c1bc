//! What is done without anybody asking: enrollments end when their time is over, and revocations are
//! completed. Any node may do it, and any number of them at once.

use device_enrollment::flow::Uuid4;
use device_enrollment::open_finance::enrollment::{
    Event, RejectionReason, RevocationReason, ZroStatus,
};

use super::moving::Loaded;
use crate::serve::http::{App, Problem};
use crate::serve::storage::{self, AuditEntry, Change, CommitError};

/// Enrollments in one round.
const AT_ONCE: u32 = 100;

/// One round of it. What cannot be done now is done in the next.
pub(crate) async fn round(app: &App) {
    // The storage has logged what was wrong.
    let _ = end_overdue(app).await;
    let _ = complete_all(app).await;
}

/// Ends what is over, so that the initiator is told without asking.
pub(super) async fn end_overdue(app: &App) -> Result<(), Problem> {
    let now = app.storage.now().await?;
    for row in app.storage.overdue_enrollments(now, AT_ONCE).await? {
        once(app, row, Event::Tick, "enrollment.ended").await?;
    }
    Ok(())
}

async fn complete_all(app: &App) -> Result<(), Problem> {
    let status = ZroStatus::PendingRevoke.as_str();
    for row in app.storage.enrollments_in(status, AT_ONCE).await? {
        once(app, row, Event::RevocationCompleted, "enrollment.revoked").await?;
    }
    Ok(())
}

/// Completes the revocation of one enrollment, if one is under way.
pub(super) async fn complete(app: &App, id: Uuid4) {
    let Ok(Some(row)) = app.storage.enrollment(&id.to_string()).await else { return };
    if row.machine.status == ZroStatus::PendingRevoke.as_str() {
        // What fails here is done by the next round.
        let _ = once(app, row, Event::RevocationCompleted, "enrollment.revoked").await;
    }
}

/// What ends the enrollments that are bound to a device, for the unit that disables it: its
/// credentials sign nothing any more, and whoever initiates payments by them is told.
pub(crate) async fn ended_with_device(
    app: &App,
    approver: &str,
    account_key: &str,
    device_key: &str,
) -> Result<Vec<Change>, Problem> {
    let mut unit = Vec::new();
    for row in app.storage.enrollments_of_device(approver, account_key, device_key).await? {
        let loaded = Loaded::of(app, row).await?;
        let mut step = loaded.apply(Event::HolderRevoked {
            reason: RevocationReason::InternalSecurity,
            information: None,
        });
        if step.refusal.is_some() {
            // It is not bound yet.
            let reason = RejectionReason::InternalSecurity;
            step = loaded.apply(Event::HolderRejected { reason, information: None });
        }
        if step.refusal.is_none() && step.state != loaded.machine {
            unit.extend(loaded.unit(&step.state, &step.effects)?);
            unit.push(audit(app, &loaded, "enrollment.ended_with_device"));
        }
    }
    Ok(unit)
}

/// Applies an event once. Whoever was first has done it.
async fn once(
    app: &App,
    row: storage::Enrollment,
    event: Event,
    action: &'static str,
) -> Result<(), Problem> {
    let loaded = Loaded::of(app, row).await?;
    let step = loaded.apply(event);
    if step.state == loaded.machine {
        return Ok(());
    }
    let mut unit = loaded.unit(&step.state, &step.effects)?;
    unit.push(audit(app, &loaded, action));
    match app.storage.commit(unit).await {
        Ok(()) | Err(CommitError::Lost(_)) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

fn audit(app: &App, loaded: &Loaded, action: &'static str) -> Change {
    let row = &loaded.row;
    let days = i64::from(app.config.retention.audit_days);
    Change::audit(&AuditEntry {
        at: loaded.now,
        actor: "service",
        action,
        outcome: "done",
        subject_kind: "enrollment",
        subject_key: &row.enrollment_id,
        account_key: row.account_key.as_deref(),
        person: Some(&row.logged_user_document),
        request_id: None,
        detail: "{}",
        keep_until: loaded.now.plus_millis(days.saturating_mul(86_400_000)),
    })
}
