//! Values as they go into a statement, and rows as they come out of one: the same for both engines.

use device_enrollment::UnixMillis;

/// A value in a statement or in a row. It does not print itself: any of them can be personal.
#[derive(Clone)]
pub(crate) enum Value {
    /// Text, or NULL.
    Text(Option<String>),
    /// A number, a switch or a time, or NULL.
    Int(Option<i64>),
    /// Bytes, or NULL.
    Bytes(Option<Vec<u8>>),
}

/// A statement: constant text with `$1`, `$2` …, and what they stand for.
#[derive(Clone)]
pub(crate) struct Statement {
    pub(super) sql: &'static str,
    pub(super) values: Vec<Value>,
}

impl Statement {
    pub(super) const fn new(sql: &'static str) -> Self {
        Self { sql, values: Vec::new() }
    }

    /// What it is bound to, to put statements into an order.
    pub(super) fn key(&self) -> Vec<(Option<String>, Option<i64>)> {
        let part = |value: &Value| match value {
            Value::Text(text) => (text.clone(), None),
            Value::Int(number) => (None, *number),
            Value::Bytes(_) => (None, None),
        };
        self.values.iter().map(part).collect()
    }

    fn push(mut self, value: Value) -> Self {
        self.values.push(value);
        self
    }

    pub(super) fn text(self, text: &str) -> Self {
        self.push(Value::Text(Some(text.to_owned())))
    }

    pub(super) fn text_or_null(self, text: Option<&str>) -> Self {
        self.push(Value::Text(text.map(str::to_owned)))
    }

    pub(super) fn int(self, number: i64) -> Self {
        self.push(Value::Int(Some(number)))
    }

    pub(super) fn switch(self, on: bool) -> Self {
        self.int(i64::from(on))
    }

    pub(super) fn time(self, time: UnixMillis) -> Self {
        self.int(time.0)
    }

    pub(super) fn time_or_null(self, time: Option<UnixMillis>) -> Self {
        self.push(Value::Int(time.map(|time| time.0)))
    }

    pub(super) fn bytes(self, bytes: &[u8]) -> Self {
        self.push(Value::Bytes(Some(bytes.to_vec())))
    }
}

/// A row, read from the first column to the last.
pub(crate) struct Row {
    values: std::vec::IntoIter<Value>,
}

/// A row did not have the columns that the query asks for: a fault of ours or a damaged file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct UnexpectedRow;

impl Row {
    pub(super) fn new(values: Vec<Value>) -> Self {
        Self { values: values.into_iter() }
    }

    /// Everything that can be read in it, to look for what must not be there.
    #[cfg(test)]
    pub(super) fn readable(self) -> String {
        let text = |value| match value {
            Value::Text(text) => text.unwrap_or_default(),
            Value::Int(number) => number.map(|number| number.to_string()).unwrap_or_default(),
            Value::Bytes(bytes) => String::from_utf8_lossy(&bytes.unwrap_or_default()).into_owned(),
        };
        self.values.map(text).collect::<Vec<String>>().join("\n")
    }

    fn next(&mut self) -> Result<Value, UnexpectedRow> {
        self.values.next().ok_or(UnexpectedRow)
    }

    pub(super) fn text_or_null(&mut self) -> Result<Option<String>, UnexpectedRow> {
        match self.next()? {
            Value::Text(text) => Ok(text),
            Value::Int(None) | Value::Bytes(None) => Ok(None),
            Value::Int(Some(_)) | Value::Bytes(Some(_)) => Err(UnexpectedRow),
        }
    }

    pub(super) fn text(&mut self) -> Result<String, UnexpectedRow> {
        self.text_or_null()?.ok_or(UnexpectedRow)
    }

    pub(super) fn int_or_null(&mut self) -> Result<Option<i64>, UnexpectedRow> {
        match self.next()? {
            Value::Int(number) => Ok(number),
            Value::Text(None) | Value::Bytes(None) => Ok(None),
            Value::Text(Some(_)) | Value::Bytes(Some(_)) => Err(UnexpectedRow),
        }
    }

    pub(super) fn int(&mut self) -> Result<i64, UnexpectedRow> {
        self.int_or_null()?.ok_or(UnexpectedRow)
    }

    pub(super) fn switch(&mut self) -> Result<bool, UnexpectedRow> {
        Ok(self.int()? != 0)
    }

    pub(super) fn time(&mut self) -> Result<UnixMillis, UnexpectedRow> {
        self.int().map(UnixMillis)
    }

    pub(super) fn time_or_null(&mut self) -> Result<Option<UnixMillis>, UnexpectedRow> {
        Ok(self.int_or_null()?.map(UnixMillis))
    }

    pub(super) fn bytes(&mut self) -> Result<Vec<u8>, UnexpectedRow> {
        match self.next()? {
            Value::Bytes(Some(bytes)) => Ok(bytes),
            Value::Bytes(None) | Value::Text(_) | Value::Int(_) => Err(UnexpectedRow),
        }
    }
}

/// The values of a row of either engine, by the types that they have.
///
/// A macro, because the two row types share their methods only through bounds that are longer than
/// it is.
macro_rules! row_of {
    ($row:expr) => {{
        use sqlx::{Row as _, TypeInfo as _, ValueRef as _};
        let row = $row;
        (0..row.len())
            .map(|at| match row.try_get_raw(at)?.type_info().name() {
                "INTEGER" | "INT8" => row.try_get(at).map(Value::Int),
                "BLOB" | "BYTEA" => row.try_get(at).map(Value::Bytes),
                _ => row.try_get(at).map(Value::Text),
            })
            .collect::<Result<Vec<Value>, sqlx::Error>>()
            .map(Row::new)
    }};
}
pub(super) use row_of;

/// A query of either engine with the values of a statement, or with values of its own.
macro_rules! bound {
    ($statement:expr) => {{
        let statement: &Statement = $statement;
        bound!(statement.sql, &statement.values)
    }};
    ($sql:expr, $values:expr) => {{
        let mut query = sqlx::query($sql);
        for value in $values {
            query = match value {
                Value::Text(text) => query.bind(text.as_deref()),
                Value::Int(number) => query.bind(*number),
                Value::Bytes(bytes) => query.bind(bytes.as_deref()),
            };
        }
        query
    }};
}
pub(super) use bound;
