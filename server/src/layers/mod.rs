//! What happens to every request before and after its route. The order is in `crate::router`.

pub mod address; // who is at the other end, behind trusted proxies
pub mod compression; // pages, where nobody learns from their length
pub mod csrf; // writes come from our own pages
pub mod flash; // what a refused form leaves for the next page
pub mod headers; // security headers on every response
pub mod host; // targets, hosts and framing that we do not serve
pub mod link_token; // secrets of one-time links leave the address
pub mod panic; // a bug answers 500, and the process lives on
pub mod refusal;
pub mod retry; // the short answers of layers
pub mod sign_in; // the cookie of a sign-in, and who it is
pub mod timeout; // nobody holds a request open for ever
pub mod trace; // one line in the log for each request
