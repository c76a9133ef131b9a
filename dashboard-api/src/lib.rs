//! Read API, analysis requests and the live page.
