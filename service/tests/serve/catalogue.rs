//! Every code of the catalogues, by documented requests to the program: each is produced with its
//! status and its words in both languages, or stands in a list with the reason why no route meets it.

mod account;
mod open_finance;
