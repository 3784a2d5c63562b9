//! Values of the JOSE `typ` header (RFC 8725 §3.11: explicit typing keeps one kind of token from
//! being taken for another).

/// Access tokens, RFC 9068 §2.1.
pub const ACCESS_TOKEN: &str = "at+jwt";
/// The signed body of the revocation log.
pub const REVOCATIONS: &str = "revocations+jwt";
/// Gateway → upstream assertions.
pub const ASSERTION: &str = "assertion+jwt";
/// DPoP proofs, RFC 9449 §4.2.
pub const DPOP: &str = "dpop+jwt";
