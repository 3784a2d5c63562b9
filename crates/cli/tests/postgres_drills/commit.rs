//! The answer to a `COMMIT` is lost below a server: its clients are told 503, nothing of it is
//! acknowledged, and what happened is known on every node.

use symbolon_testing::{Api, PostgresDatabase, PostgresProxy, postgres_proxy::Moment};

use crate::stage::{node, until};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_acknowledged_whose_commit_was_not() {
    let database = PostgresDatabase::new();
    let proxy = PostgresProxy::start(&database.url()).await;
    let through = node(&proxy.through(&database.url()));
    let direct = node(&database.url());
    let (here, there) = tokio::join!(through.start(), direct.start());
    let (here, there) = (here.api(), there.api());
    here.register("alice").await;
    let mut cuts = 0;
    let mut cut = |moment, statement| {
        proxy.cut_commit(moment, statement);
        cuts += 1;
        cuts
    };
    let is_over_soon = async |api: &Api, cookie: &str| {
        until("the end is told", async || {
            api.me(cookie).await.status == 401
        })
        .await;
        api.me(cookie).await.expect_problem(401, "revoked_session");
    };
    for moment in Moment::ALL {
        let login = here.log_in("alice").await;
        // A refresh whose answer is lost gives its one successor when it is asked for again.
        let count = cut(moment, "UPDATE grants");
        let lost = here.refresh(&login.refresh).await;
        lost.expect_problem(503, "store_unavailable");
        proxy.has_cut(count).await;
        let again = here.refresh(&login.refresh).await.expect(200);
        let elsewhere = there.refresh(&login.refresh).await.expect(200);
        assert_eq!(
            again.text("/refresh_token"),
            elsewhere.text("/refresh_token")
        );
        let next = there.refresh(&again.text("/refresh_token")).await;
        let _ = next.expect(200);

        // A log-out whose answer is lost happened everywhere or nowhere.
        let count = cut(moment, "UPDATE sessions SET ended_at");
        let logout = || here.post("/api/v1/logout").cookie(&login.cookie).send();
        logout().await.expect_problem(503, "store_unavailable");
        proxy.has_cut(count).await;
        match moment.is_committed() {
            None => {}
            Some(true) => {
                is_over_soon(&here, &login.cookie).await;
                is_over_soon(&there, &login.cookie).await;
            }
            Some(false) => {
                let _ = here.me(&login.cookie).await.expect(200);
                let _ = there.me(&login.cookie).await.expect(200);
            }
        }
        // Tried again it is over, whatever became of the first.
        let again = logout().await;
        assert!([200, 401].contains(&again.status), "{again:?}");
        is_over_soon(&here, &login.cookie).await;
        is_over_soon(&there, &login.cookie).await;
    }
}
