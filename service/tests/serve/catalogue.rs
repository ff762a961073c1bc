//! Every code of the catalogues, by documented requests to the program: each is produced with its
//! status and its words in both languages, or stands in a list with the reason why no route meets it.

mod account;
mod open_finance;

use sqlx::{ConnectOptions as _, Connection as _, Executor as _};

use crate::world::{Engine, World};

/// Stops the nodes, lets this many minutes pass on the database's clock, and starts them again. The
/// clock never goes back, not over a restart, so that it is enough to say how far it was.
fn minutes_later(world: &mut World, engine: Engine, minutes: u64) {
    world.stopped(|world| {
        let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
        let mark = now.as_millis() + u128::from(minutes) * 60_000;
        let statement = format!("UPDATE clock SET high_water = {mark}");
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let done = if engine == Engine::Sqlite {
                let file = world.folder.file("device-enrollment.db");
                let options = sqlx::sqlite::SqliteConnectOptions::new().filename(file);
                let mut database = options.connect().await.unwrap();
                let done = database.execute(sqlx::AssertSqlSafe(statement)).await.unwrap();
                database.close().await.unwrap();
                done.rows_affected()
            } else {
                let url = world.setting("DEVICE_ENROLLMENT_DATABASE_URL");
                let mut database = sqlx::PgConnection::connect(url).await.unwrap();
                let done = database.execute(sqlx::AssertSqlSafe(statement)).await.unwrap();
                done.rows_affected()
            };
            assert_eq!(done, 1);
        });
    });
}
