//! The screen on which a person types a code: what an app shows, and what it may do next.
//!
//! The service has the last word. This follows its answers, so that an app neither counts nor
//! measures by itself.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::border::guarded;
use super::error::EnrollmentError;
use super::preflight::TextLanguage;
use super::published::{self, PublishedErrorRecord};
use crate::time::UnixMillis;
use crate::two_factor::{Caps, CodeRecord, PendingCode, PublishedCode};

/// What stands behind the screen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, uniffi::Enum)]
pub enum CodeEntryState {
    /// A code was sent, and is good.
    AwaitingCode,
    /// The code that was sent is over; another can be asked for.
    CodeExpired,
    /// The code was right.
    Approved,
    /// Nothing can be done with this object any more.
    Closed,
}

/// What the app may do next.
#[derive(Debug, Clone, Copy, PartialEq, Eq, uniffi::Enum)]
pub enum CodeEntryStep {
    /// Send what the person types.
    EnterCode,
    /// Ask for another code.
    Resend,
    /// Begin with a new request.
    StartAgain,
}

/// What the app was answered.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Enum)]
pub enum CodeEntryAnswer {
    /// The code was right (201, and 202 or 200 of a transfer).
    Approved,
    /// Another code was sent (202).
    CodeSent,
    /// The body of an error.
    Refused {
        /// The body as it came.
        body: Vec<u8>,
    },
}

/// The screen at one instant.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct CodeEntryView {
    /// What stands behind it.
    pub state: CodeEntryState,
    /// What the app may do next, the most likely first.
    pub next_steps: Vec<CodeEntryStep>,
    /// Whole seconds that the code is still good for.
    pub seconds_left: u64,
    /// Attempts that are left, as far as the app has seen.
    pub attempts_left: u8,
    /// Whole seconds until another code may be asked for; none where none is left.
    pub seconds_to_resend: Option<u64>,
    /// What the service said last, in the words of the catalogue.
    pub error: Option<PublishedErrorRecord>,
    /// The sentence to show, in the language that was asked for.
    pub message: String,
}

/// A screen on which a person types a code, for a device or a transfer.
#[derive(Debug, uniffi::Object)]
pub struct CodeEntry {
    screen: Mutex<Screen>,
}

#[derive(Debug, Clone)]
struct Screen {
    sent: UnixMillis,
    expires: UnixMillis,
    attempts_left: u8,
    resends: usize,
    approved: bool,
    closed: bool,
    error: Option<PublishedCode>,
}

#[uniffi::export]
impl CodeEntry {
    /// The screen after a request that was answered with a pending approval.
    ///
    /// # Errors
    ///
    /// Never; every exported function can say no.
    #[uniffi::constructor]
    pub fn new(sent_millis: i64) -> Result<Arc<Self>, EnrollmentError> {
        guarded(|| {
            let sent = UnixMillis(sent_millis);
            let screen = Screen {
                sent,
                expires: sent.plus_minutes(CodeRecord::LIFETIME_MINUTES),
                attempts_left: PendingCode::MOST_ATTEMPTS,
                resends: 0,
                approved: false,
                closed: false,
                error: None,
            };
            Ok(Arc::new(Self { screen: Mutex::new(screen) }))
        })
    }

    /// What the app shows at an instant.
    ///
    /// # Errors
    ///
    /// Never; every exported function can say no.
    pub fn view(
        &self,
        now_millis: i64,
        language: TextLanguage,
    ) -> Result<CodeEntryView, EnrollmentError> {
        guarded(|| Ok(self.locked().view(UnixMillis(now_millis), language)))
    }

    /// What the service answered. Gives the screen after it.
    ///
    /// # Errors
    ///
    /// `Malformed` where the body of an error is none of the catalogue's; the screen stays as it
    /// was.
    pub fn answered(
        &self,
        answer: CodeEntryAnswer,
        now_millis: i64,
        language: TextLanguage,
    ) -> Result<CodeEntryView, EnrollmentError> {
        guarded(|| {
            let now = UnixMillis(now_millis);
            let refusal = match &answer {
                CodeEntryAnswer::Refused { body } => Some(published::read(body)?),
                CodeEntryAnswer::Approved | CodeEntryAnswer::CodeSent => None,
            };
            let mut screen = self.locked();
            match refusal {
                Some(code) => screen.refused(code, now),
                None if answer == CodeEntryAnswer::CodeSent => screen.sent_again(now),
                None => {
                    screen.approved = true;
                    screen.error = None;
                }
            }
            Ok(screen.view(now, language))
        })
    }
}

impl CodeEntry {
    /// Every change leaves the screen whole, so that a panic elsewhere leaves nothing to mend.
    fn locked(&self) -> MutexGuard<'_, Screen> {
        self.screen.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Screen {
    fn sent_again(&mut self, now: UnixMillis) {
        self.resends = self.resends.saturating_add(1);
        self.sent = now;
        self.expires = now.plus_minutes(CodeRecord::LIFETIME_MINUTES);
        self.error = None;
    }

    fn refused(&mut self, code: PublishedCode, now: UnixMillis) {
        self.error = Some(code);
        match code {
            // An expired code counts no attempt.
            PublishedCode::DeviceTokenIncorrect | PublishedCode::TransferTokenIncorrect
                if !now.has_reached(self.expires) =>
            {
                self.attempts_left = self.attempts_left.saturating_sub(1);
            }
            PublishedCode::DeviceTokenIncorrect
            | PublishedCode::TransferTokenIncorrect
            | PublishedCode::TransferTokenExpired => self.expires = self.expires.min(now),
            PublishedCode::DeviceAttemptsExceeded | PublishedCode::TransferAttemptsExceeded => {
                self.attempts_left = 0;
                self.closed = true;
            }
            PublishedCode::DeviceNotFound
            | PublishedCode::TransferNotFound
            | PublishedCode::TransferNotPending => self.closed = true,
            // Whatever else it is, the code is as good as it was.
            _ => {}
        }
    }

    fn state(&self, now: UnixMillis) -> CodeEntryState {
        if self.approved {
            CodeEntryState::Approved
        } else if self.closed || self.attempts_left == 0 {
            CodeEntryState::Closed
        } else if now.has_reached(self.expires) {
            CodeEntryState::CodeExpired
        } else {
            CodeEntryState::AwaitingCode
        }
    }

    fn view(&self, now: UnixMillis, language: TextLanguage) -> CodeEntryView {
        let state = self.state(now);
        let is_open = matches!(state, CodeEntryState::AwaitingCode | CodeEntryState::CodeExpired);
        let pauses = Caps::default().resend_pauses_seconds;
        let seconds_to_resend = pauses.get(self.resends).filter(|_| is_open).map(|pause| {
            now.seconds_until(self.sent.plus_millis(i64::from(*pause).saturating_mul(1000)))
        });
        let resend = seconds_to_resend.map(|_| CodeEntryStep::Resend);
        let next_steps = match state {
            CodeEntryState::AwaitingCode => {
                [Some(CodeEntryStep::EnterCode), resend].into_iter().flatten().collect()
            }
            CodeEntryState::CodeExpired => vec![resend.unwrap_or(CodeEntryStep::StartAgain)],
            CodeEntryState::Approved => Vec::new(),
            CodeEntryState::Closed => vec![CodeEntryStep::StartAgain],
        };
        CodeEntryView {
            state,
            next_steps,
            seconds_left: if is_open { now.seconds_until(self.expires) } else { 0 },
            attempts_left: self.attempts_left,
            seconds_to_resend,
            error: self.error.map(Into::into),
            message: self.message(state, language).to_owned(),
        }
    }

    fn message(&self, state: CodeEntryState, language: TextLanguage) -> &'static str {
        if let Some(error) = self.error {
            return match language {
                TextLanguage::EnUs => error.description(),
                TextLanguage::PtBr => error.translation(),
            };
        }
        let (english, portuguese) = match state {
            CodeEntryState::AwaitingCode => {
                ("Type the code that was sent to you", "Digite o código que enviamos a você")
            }
            CodeEntryState::CodeExpired => {
                ("The code is over; ask for another", "O código expirou; peça outro")
            }
            CodeEntryState::Approved => ("Approved", "Aprovado"),
            CodeEntryState::Closed => ("Please begin again", "Por favor, comece de novo"),
        };
        match language {
            TextLanguage::EnUs => english,
            TextLanguage::PtBr => portuguese,
        }
    }
}
