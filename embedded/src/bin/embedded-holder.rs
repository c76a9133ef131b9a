//! Owns the embedded services of one folder until it is killed; the tests of this crate kill it.
//!
//! `embedded-holder FOLDER` prints one line of four words once both services answer: the brokers, the database URL
//! and the process ids of Kafka and PostgreSQL. It ends in order when its standard input ends.

use std::io::Read;
use std::process::ExitCode;

use embedded::{DataFolder, KafkaServer, PostgresServer, ServiceOptions, Services};

fn main() -> ExitCode {
    let Some(folder) = std::env::args_os().nth(1) else {
        eprintln!("usage: embedded-holder FOLDER");
        return ExitCode::from(64);
    };
    let folder = DataFolder::new(folder);
    let mut services = match Services::start(&folder, ServiceOptions::default()) {
        Ok(services) => services,
        Err(error) => {
            eprintln!("{error}");
            return ExitCode::FAILURE;
        }
    };
    let kafka = services
        .kafka()
        .and_then(|kafka| KafkaServer::process_id(kafka));
    let postgres = services
        .postgres()
        .and_then(|postgres| PostgresServer::process_id(postgres));
    println!(
        "{} {} {} {}",
        services.brokers(),
        services.database_url(),
        kafka.unwrap_or_default(),
        postgres.unwrap_or_default(),
    );
    // An error of standard input means that nobody is there any more, as its end does.
    let _ = std::io::stdin().read_to_end(&mut Vec::new());
    services.stop();
    ExitCode::SUCCESS
}
