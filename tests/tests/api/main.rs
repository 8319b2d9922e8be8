//! Behaviour over HTTP, a module for each resource or concern. One binary, so that it links once.

mod authorization;
mod client_keygen_rs;
mod conventions;
mod costs;
mod isolation;
mod licensing_models;
mod products;
mod robustness;
mod routes;
