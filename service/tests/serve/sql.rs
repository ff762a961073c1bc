//! What is done to a database behind the program's back.

use sqlx::{ConnectOptions as _, Connection as _, Executor as _};

use crate::world::{Engine, World};

/// Stops the nodes, lets this many minutes pass on the database's clock, and starts them again. The
/// clock never goes back, not over a restart, so that it is enough to say how far it was.
pub(crate) fn minutes_later(world: &mut World, engine: Engine, minutes: u64) {
    world.stopped(|world| pass(world, engine, minutes));
}

/// Lets minutes pass for nodes that are started after it.
pub(crate) fn pass(world: &World, engine: Engine, minutes: u64) {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
    let mark = now.as_millis() + u128::from(minutes) * 60_000;
    execute(world, engine, &format!("UPDATE clock SET high_water = {mark}"));
}

/// Runs statements.
pub(crate) fn execute(world: &World, engine: Engine, statements: &str) {
    let statements = sqlx::AssertSqlSafe(statements.to_owned());
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        if engine == Engine::Sqlite {
            let file = world.folder.file("device-enrollment.db");
            let options = sqlx::sqlite::SqliteConnectOptions::new().filename(file);
            let mut database = options.connect().await.unwrap();
            database.execute(sqlx::raw_sql(statements)).await.unwrap();
            database.close().await.unwrap();
        } else {
            let url = world.setting("DEVICE_ENROLLMENT_DATABASE_URL");
            let mut database = sqlx::PgConnection::connect(url).await.unwrap();
            database.execute(sqlx::raw_sql(statements)).await.unwrap();
        }
    });
}
