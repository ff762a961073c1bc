//! The schema: from nothing, again, and from a later release.

use super::*;

async fn two_nodes_that_start_at_once_make_one_schema(nodes: Nodes) {
    let third = Storage::open(&nodes.database).await.unwrap();
    assert_eq!(number(&third, "SELECT COUNT(*) FROM schema_migrations").await, 1);
    assert_eq!(third.account(ACCOUNT).await.unwrap(), Some(account()));
    third.ready().await.unwrap();
}

async fn a_later_schema_is_refused_by_its_name(nodes: Nodes) {
    let later = "INSERT INTO schema_migrations (version, name) VALUES (9999, 'of_tomorrow')";
    nodes.one.commit(vec![statement(later)]).await.unwrap();
    let OpenError(sentence) = Storage::open(&nodes.database).await.unwrap_err();
    assert!(sentence.contains("9999_of_tomorrow by a later release"), "{sentence}");
    assert!(sentence.contains("0001_first"), "{sentence}");
}

async fn a_migration_that_was_renamed_is_refused(nodes: Nodes) {
    let renamed = "UPDATE schema_migrations SET name = 'of_another' WHERE version = 1";
    nodes.one.commit(vec![statement(renamed)]).await.unwrap();
    let OpenError(sentence) = Storage::open(&nodes.database).await.unwrap_err();
    assert!(sentence.contains("0001_of_another where this release has 0001_first"), "{sentence}");
}

/// The columns of both engines are the same, so that one text of a statement serves both.
#[tokio::test]
async fn both_engines_have_the_same_columns() {
    let (sqlite, postgres) = (Nodes::sqlite().await, Nodes::postgres().await);
    let columns_of_sqlite = "SELECT m.name || '.' || c.name FROM sqlite_master AS m,
             pragma_table_info(m.name) AS c
         WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite_%' ORDER BY 1";
    let columns_of_postgres = "SELECT table_name || '.' || column_name
         FROM information_schema.columns WHERE table_schema = 'public'
         ORDER BY (table_name || '.' || column_name) COLLATE \"C\"";
    let one = sqlite.one.all(Statement::new(columns_of_sqlite), Row::text).await.unwrap();
    let other = postgres.one.all(Statement::new(columns_of_postgres), Row::text).await.unwrap();
    assert!(one.len() > 100, "{}", one.len());
    assert_eq!(one, other);
}

#[tokio::test]
async fn what_cannot_be_opened_is_named() {
    let folder = Folder::new();
    let open = async |address: &str| match Database::from_address(address) {
        Ok(database) => Storage::open(&database).await.unwrap_err().0,
        Err(OpenError(sentence)) => sentence,
    };
    let noise = folder.path.join("noise.db");
    std::fs::write(&noise, [b'x'; 8192]).unwrap();
    let sentence = open(&format!("sqlite:{}", noise.display())).await;
    assert!(sentence.contains("noise.db: "), "{sentence}");
    let nowhere = folder.path.join("missing/service.db");
    let sentence = open(&format!("sqlite://{}", nowhere.display())).await;
    assert!(sentence.contains("missing/service.db: "), "{sentence}");
    for address in ["", "sqlite:", "sqlite::memory:", "mysql://root@host/x"] {
        let sentence = open(address).await;
        assert_eq!(sentence, "the database address has to be postgres://… or sqlite:FILE");
    }
    // What is refused is not repeated: there is a password in it.
    for address in [
        "postgres://user:hunter2@[bad/db",
        "postgres://user:hunter2@localhost:1/db?sslmode=never",
        "postgres://user:hunter2@127.0.0.1:1/db",
    ] {
        let sentence = open(address).await;
        assert!(!sentence.contains("hunter2") && !sentence.is_empty(), "{sentence}");
    }
    let database = Database::from_address("postgres://user:hunter2@host/db").unwrap();
    assert!(!format!("{database:?}").contains("hunter2"));
}

on_both_engines!(
    two_nodes_that_start_at_once_make_one_schema,
    a_later_schema_is_refused_by_its_name,
    a_migration_that_was_renamed_is_refused,
);
