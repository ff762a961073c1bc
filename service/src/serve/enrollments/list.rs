//! "Get All Enrollments": a page of the caller's, by filters.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use device_enrollment::flow::DocumentNumber;
use device_enrollment::open_finance::Refusal;
use device_enrollment::open_finance::enrollment::{Permission, ZroStatus};
use device_enrollment::{UnixMillis, UnixTime};
use serde_json::json;

use super::answer::Answer;
use super::asked::Asked;
use super::moving::Loaded;
use super::schemas::EnrollmentPage;
use super::work;
use crate::serve::http::{App, Problem};
use crate::serve::storage::{EnrollmentFilter, Page};

/// The caller's enrollments.
#[utoipa::path(
    get,
    path = "/open-finance/enrollments",
    tag = "open finance",
    operation_id = "listEnrollments",
    params(super::schemas::Headers, super::schemas::ListQuery),
    responses(
        (status = 200, description = "A page of them.", body = EnrollmentPage),
        super::schemas::Refused
    )
)]
pub(super) async fn list(State(app): State<Arc<App>>, asked: Asked) -> Result<Answer, Problem> {
    let query = Query::read(asked.uri.query().unwrap_or_default())?;
    // A filter by status sees what time has made of the rows.
    work::end_overdue(&app).await?;
    let filter = EnrollmentFilter { user_key: Some(asked.user()), ..query.filter };
    let requester = &asked.caller.requester_key;
    let total = app.storage.count_enrollments(requester, &filter).await?;
    let size = u64::from(query.size);
    let page = Page {
        size: query.size,
        skip: query.page.saturating_sub(1).saturating_mul(size),
        newest_first: query.newest_first,
    };
    let mut data = Vec::new();
    for row in app.storage.enrollments(requester, &filter, page).await? {
        data.push(Loaded::of(&app, row).await?.at_its_time().to_zro());
    }
    Answer::of(
        StatusCode::OK,
        &json!({
            "page": query.page,
            "page_size": query.size,
            "page_total": total.div_ceil(size.max(1)),
            "total": total,
            "data": data,
        }),
    )
}

/// What is asked for.
struct Query {
    page: u64,
    size: u32,
    newest_first: bool,
    filter: EnrollmentFilter,
}

const LARGEST_PAGE: u32 = 100;

impl Query {
    fn read(query: &str) -> Result<Self, Refusal> {
        let mut read =
            Self { page: 1, size: 20, newest_first: false, filter: EnrollmentFilter::default() };
        let mut seen = Vec::new();
        for pair in query.split('&').filter(|pair| !pair.is_empty()) {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            let name = KNOWN.iter().copied().find(|known| *known == name);
            let name = name.ok_or(Refusal::header_invalid("query"))?;
            let value = decoded(value).ok_or(Refusal::header_invalid(name))?;
            if seen.contains(&name) {
                return Err(Refusal::header_invalid(name));
            }
            seen.push(name);
            read.set(name, value).ok_or(Refusal::header_invalid(name))?;
        }
        Ok(read)
    }

    fn set(&mut self, name: &str, value: String) -> Option<()> {
        let filter = &mut self.filter;
        match name {
            "page" => {
                self.page = value.parse().ok().filter(|page| (1..=LAST_PAGE).contains(page))?;
            }
            "size" => {
                self.size = value.parse().ok().filter(|size| (1..=LARGEST_PAGE).contains(size))?;
            }
            "sort" => (value == "created_at").then_some(())?,
            "order" => {
                self.newest_first = match value.as_str() {
                    "asc" => false,
                    "desc" => true,
                    _ => return None,
                };
            }
            "status" => {
                ZroStatus::ALL.iter().find(|status| status.as_str() == value)?;
                filter.status = Some(value);
            }
            "permissions" => {
                Permission::from_word(&value)?;
                filter.permission = Some(value);
            }
            "logged_user_document" => {
                filter.logged_user_document = Some(DocumentNumber::person(&value)?.digits().into());
            }
            "logged_business_entity_document" => {
                let company = DocumentNumber::person_or_company(&value)?;
                filter.business_document = Some(company.digits().to_owned());
            }
            "participant_id" => {
                let fits = !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_graphic());
                filter.participant_id = Some(value).filter(|_| fits);
                filter.participant_id.as_ref()?;
            }
            "created_at_start" => filter.created_from = Some(time(&value)?),
            "created_at_end" => filter.created_to = Some(time(&value)?),
            _ => return None,
        }
        Some(())
    }
}

const LAST_PAGE: u64 = 1_000_000;

const KNOWN: &[&str] = &[
    "page",
    "size",
    "sort",
    "order",
    "status",
    "permissions",
    "logged_user_document",
    "logged_business_entity_document",
    "participant_id",
    "created_at_start",
    "created_at_end",
];

fn time(text: &str) -> Option<UnixMillis> {
    UnixTime::parse_rfc3339(text).ok().map(UnixMillis::from)
}

/// Percent-decodes a value; `None` for what is not encoded, or no UTF-8.
fn decoded(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'%' => {
                let mut digit = || char::from(rest.next()?).to_digit(16);
                u8::try_from(digit()?.checked_mul(16)?.checked_add(digit()?)?).ok()?
            }
            b'+' => b' ',
            other => other,
        });
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_query_is_read_strictly() {
        let read =
            Query::read("page=2&size=100&order=desc&created_at_start=2026-01-01T00%3A00%3A00Z");
        let read = read.unwrap();
        assert_eq!((read.page, read.size, read.newest_first), (2, 100, true));
        assert_eq!(read.filter.created_from, Some(UnixMillis(1_767_225_600_000)));
        for (query, name) in [
            ("page=0", "page"),
            ("size=101", "size"),
            ("size=", "size"),
            ("sort=name", "sort"),
            ("order=up", "order"),
            ("status=OPEN", "status"),
            ("permissions=ALL", "permissions"),
            ("logged_user_document=1", "logged_user_document"),
            ("participant_id=", "participant_id"),
            ("created_at_end=yesterday", "created_at_end"),
            ("page=%zz", "page"),
            ("page=%e9", "page"),
            ("page=1&page=1", "page"),
            ("pages=1", "query"),
        ] {
            let refused = Query::read(query).map(|_| ()).unwrap_err();
            assert_eq!((refused.member(), refused.status()), (Some(name), 400), "{query}");
        }
    }
}
