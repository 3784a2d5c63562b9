//! The sample "orders" API with actix-web: `GET /orders` needs a token for the audience `orders` with
//! the scope `orders:read`.
//!
//! ```text
//! ISSUER=http://localhost:8080 LISTEN=127.0.0.1:9001 cargo run
//! ```
//!
//! `CLIENT_ID` and `CLIENT_SECRET` name the client that reads the revocation log, unless that is
//! public. With them, the issuer is asked about tokens when the log is silent (its client then needs
//! the scope `tokens:introspect` too). `PUBLIC_URL` lets tokens be bound to a key by DPoP.

use std::{env, error::Error, fmt, future::Future, pin::Pin, sync::Arc, time::Duration};

use actix_web::{
    App, FromRequest, HttpRequest, HttpResponse, HttpServer, ResponseError,
    dev::Payload,
    error::ErrorInternalServerError,
    http::{StatusCode, header},
    web,
};
use symbolon_verifier::{
    AccessClaims, Algorithm, Demand, Dpop, OnStale, Rejection, RequestHead, Verified, Verifier,
};

/// What a reader of orders must be allowed to do.
const READ: Demand<'_> = Demand::new().scopes(&["orders:read"]);

/// A token that may read orders, as an argument of a handler.
struct OrdersReader(Arc<Verified<AccessClaims>>);

impl FromRequest for OrdersReader {
    type Error = actix_web::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self, Self::Error>>>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let request = request.clone();
        Box::pin(async move {
            let verifier = request
                .app_data::<web::Data<Verifier>>()
                .ok_or_else(|| ErrorInternalServerError("the app has no verifier"))?;
            let values = |name: &str| {
                let values = request.headers().get_all(name);
                values.map(|value| value.as_bytes())
            };
            let head = RequestHead::new(request.method().as_str(), request.path())
                .authorization(values("authorization"))
                .dpop(values("dpop"));
            let verified = verifier.verify_request_online(&head, &READ).await;
            Ok(Self(verified.map_err(Refused)?))
        })
    }
}

/// A refusal as an answer: status, challenge and problem document.
#[derive(Debug)]
struct Refused(Rejection);

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl ResponseError for Refused {
    fn status_code(&self) -> StatusCode {
        StatusCode::from_u16(self.0.status()).unwrap_or(StatusCode::UNAUTHORIZED)
    }

    fn error_response(&self) -> HttpResponse {
        let mut response = HttpResponse::build(self.status_code());
        response
            .insert_header((header::CONTENT_TYPE, "application/problem+json"))
            .insert_header((header::CACHE_CONTROL, "no-store"));
        if let Some(challenge) = self.0.www_authenticate() {
            response.insert_header((header::WWW_AUTHENTICATE, challenge));
        }
        if let Some(nonce) = self.0.dpop_nonce() {
            response.insert_header(("dpop-nonce", nonce));
        }
        response.body(self.0.problem_json())
    }
}

async fn orders(OrdersReader(token): OrdersReader) -> HttpResponse {
    HttpResponse::Ok().json(serde_json::json!({
        "customer": token.subject().to_string(),
        "orders": ["teapot", "kettle"],
    }))
}

#[actix_web::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let setting = |name: &str, default: &str| env::var(name).unwrap_or_else(|_| default.to_owned());
    let mut builder = Verifier::builder(setting("ISSUER", "http://localhost:8080"))
        .audience("orders")
        .algorithms([Algorithm::EdDSA]);
    if let Ok(id) = env::var("CLIENT_ID") {
        builder = builder
            .client(&id, &env::var("CLIENT_SECRET")?)
            .on_stale(OnStale::Introspect);
    }
    if let Ok(url) = env::var("PUBLIC_URL") {
        builder = builder.dpop(Dpop::new(url));
    }
    let verifier = builder.build().await?;
    if !verifier.wait_until_live(Duration::from_secs(10)).await {
        let problem = verifier.status().problem.unwrap_or_default();
        return Err(format!("the issuer cannot be followed: {problem}").into());
    }
    let verifier = web::Data::new(verifier);
    let app = move || {
        App::new()
            .app_data(verifier.clone())
            .route("/orders", web::get().to(orders))
    };
    let server = HttpServer::new(app).bind(setting("LISTEN", "127.0.0.1:9001"))?;
    Ok(server.run().await?)
}
