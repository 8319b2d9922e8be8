//! `latchkey accounts`: accounts and their first admins.

use std::io::BufRead;
use std::process::ExitCode;

use clap::{Args, Subcommand};
use rand::distr::{Alphanumeric, SampleString};
use shared::clock::Clock;
use shared::ids::{Id, parse_id};
use shared::provision::{self, Provision};

use crate::cli::{Outcome, Target};

/// Shortest and longest password, in characters (spec 03 §1.2).
const PASSWORD: std::ops::RangeInclusive<usize> = 6..=72;
/// Characters of a generated password.
const GENERATED: usize = 24;

/// Accounts.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Make an account with an admin and a token.
    Create(Create),
}

/// The account to make.
#[derive(Args, Clone, Debug)]
pub struct Create {
    #[command(flatten)]
    target: Target,
    /// E-mail address of the admin.
    #[arg(long, value_parser = email)]
    email: String,
    /// Password of the admin (visible to other users of this machine while the command runs).
    /// Without one, a password is generated and shown.
    #[arg(long, conflicts_with = "password_stdin", value_parser = password)]
    password: Option<String>,
    /// Read the admin's password from standard input.
    #[arg(long)]
    password_stdin: bool,
    /// Slug: a name for the account in paths. Without one it is made from the e-mail address.
    #[arg(long, value_parser = slug)]
    slug: Option<String>,
    /// Name.
    #[arg(long)]
    name: Option<String>,
    /// Id, a UUID; without one, a fresh one.
    #[arg(long, value_parser = id)]
    id: Option<Id>,
}

fn email(text: &str) -> Result<String, String> {
    let plausible = text.split_once('@').is_some_and(|(local, domain)| {
        !local.is_empty()
            && !domain.contains('@')
            && domain.contains('.')
            && domain.split('.').all(|label| !label.is_empty())
            && !text.chars().any(|c| c.is_whitespace() || c.is_control())
            && text.len() <= 255
    });
    if plausible { Ok(text.to_owned()) } else { Err("not an e-mail address".to_owned()) }
}

fn password(text: &str) -> Result<String, String> {
    if PASSWORD.contains(&text.chars().count()) {
        Ok(text.to_owned())
    } else {
        Err(format!("a password has {} to {} characters", PASSWORD.start(), PASSWORD.end()))
    }
}

fn slug(text: &str) -> Result<String, String> {
    let fits = !text.is_empty()
        && text.len() <= 255
        && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'-' | b'_'))
        && parse_id(text).is_none();
    if fits {
        Ok(text.to_owned())
    } else {
        Err("a slug has lower-case letters, digits, '-' and '_', and is no UUID".to_owned())
    }
}

fn id(text: &str) -> Result<Id, String> {
    parse_id(text).ok_or_else(|| "not a UUID".to_owned())
}

/// Does what the command says.
///
/// # Errors
/// One sentence.
pub async fn run(command: Command) -> Outcome {
    let Command::Create(options) = command;
    let (password, generated) = match (options.password, options.password_stdin) {
        (Some(password), _) => (password, false),
        (None, true) => (read_password()?, false),
        (None, false) => (Alphanumeric.sample_string(&mut rand::rng(), GENERATED), true),
    };
    let opened = options.target.open().await?;
    let wanted = Provision { id: options.id, name: options.name, slug: options.slug, email: options.email, password };
    let made = provision::account(&opened.store, &opened.vault, &Clock::system(), wanted, false).await?;
    if options.target.table.is_none() {
        super::transfer::first(&opened.store, made.account.id).await?;
    }
    println!("account   {}", made.account.id);
    println!("slug      {}", made.account.slug);
    println!("admin     {}", made.admin.email);
    if generated {
        println!("password  {}", made.password);
    }
    println!("token     {}", made.token);
    Ok(ExitCode::SUCCESS)
}

fn read_password() -> Result<String, String> {
    let mut line = String::new();
    std::io::stdin().lock().read_line(&mut line).map_err(|error| format!("the password cannot be read: {error}"))?;
    password(line.trim_end_matches(['\r', '\n']))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flags_are_checked() {
        assert!(email("a@b.co").is_ok());
        for text in ["", "a", "@b.co", "a@b", "a@b..co", "a b@c.io", "a@b@c.io"] {
            assert!(email(text).is_err(), "{text:?}");
        }
        assert!(slug("acme-1").is_ok());
        for text in ["", "Acme", "a b", "0b2b1d5e-9a53-4f3e-8c57-2a6f0d5a7c11"] {
            assert!(slug(text).is_err(), "{text:?}");
        }
        assert!(password("12345").is_err() && password("123456").is_ok());
    }
}
