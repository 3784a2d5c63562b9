//! Where the parts are joined: the only place that names a store.

mod archive;
mod authz;
mod breaches;
pub(crate) mod bulk;
mod issuer;
mod offline;
mod settings;
mod shared;
mod store;
mod swap;

pub(crate) use archive::{Archive, Contents, Source};
pub(crate) use authz::SessionAuthz;
pub(crate) use issuer::{OpenIssuer, open_issuer};
pub(crate) use offline::InProcessAdmin;
pub(crate) use settings::settings as core_settings;
pub(crate) use store::{SchemaState, check_file, migrate};
