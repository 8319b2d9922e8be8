//! Behaviour over HTTP, a module for each resource or concern. One binary, so that it links once.

mod client_keygen_rs;
mod conventions;
mod costs;
mod licensing_models;
mod products;
mod robustness;
