//! Behaviour over HTTP, a module for each resource or concern. One binary, so that it links once.

mod accounts;
mod authorization;
mod client_keygen_rs;
mod client_keygen_rs_machines;
mod conventions;
mod costs;
mod entitlements;
mod environments;
mod isolation;
mod keys;
mod license_actions;
mod license_schedules;
mod licenses_create;
mod licenses_lists;
mod licenses_users;
mod licensing_models;
mod machines;
mod openssl;
mod policies;
mod products;
mod races;
mod robustness;
mod routes;
mod searches;
mod tokens;
mod users;
