//! A sample "orders" API: `GET /orders` needs a token for the audience `orders` with the scope
//! `orders:read`.
//!
//! ```text
//! ISSUER=http://localhost:8080 LISTEN=127.0.0.1:9000 CLIENT_ID=orders CLIENT_SECRET_FILE=secret \
//!     cargo run --example orders_api --features axum
//! ```
//!
//! Issuer and address can also be given as arguments. Without `CLIENT_ID` the log is read
//! anonymously, which an issuer must allow. With `PUBLIC_URL` (the origin that clients see), tokens
//! that are bound to a key are taken with a DPoP proof.

use std::{env, error::Error, fs};

use axum::{Json, Router, routing::get};
use symbolon_verifier::{Algorithm, Authorized, Dpop, RequiredScopes, Verifier};

/// What a reader of orders must be allowed to do.
struct ReadOrders;

impl RequiredScopes for ReadOrders {
    const SCOPES: &'static [&'static str] = &["orders:read"];
}

/// Somebody's orders.
#[derive(serde::Serialize)]
struct Orders {
    customer: String,
    orders: [&'static str; 2],
}

async fn orders(token: Authorized<ReadOrders>) -> Json<Orders> {
    Json(Orders {
        customer: token.subject().to_string(),
        orders: ["teapot", "kettle"],
    })
}

/// An argument, else the environment's value, else the default.
fn setting(argument: usize, variable: &str, default: &str) -> String {
    env::args()
        .nth(argument)
        .or_else(|| env::var(variable).ok())
        .unwrap_or_else(|| default.to_owned())
}

/// The verifier, which can say of every token whether it is good from now on.
async fn verifier(issuer: &str) -> Result<Verifier, Box<dyn Error>> {
    let mut builder = Verifier::builder(issuer)
        .audience("orders")
        .algorithms([Algorithm::EdDSA]);
    if let Ok(id) = env::var("CLIENT_ID") {
        let secret = fs::read_to_string(env::var("CLIENT_SECRET_FILE")?)?;
        builder = builder.client(&id, secret.trim_end());
    }
    if let Ok(url) = env::var("PUBLIC_URL") {
        builder = builder.dpop(Dpop::new(url));
    }
    Ok(builder.build().await?)
}

/// The service.
pub(crate) fn app(verifier: Verifier) -> Router {
    Router::new()
        .route("/orders", get(orders))
        .with_state(verifier)
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let verifier = verifier(&setting(1, "ISSUER", "http://localhost:8080")).await?;
    let listen = setting(2, "LISTEN", "127.0.0.1:9000");
    let listener = tokio::net::TcpListener::bind(listen).await?;
    Ok(axum::serve(listener, app(verifier)).await?)
}
