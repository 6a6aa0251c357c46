//! The walls between the crates, and the licences of everything behind them. `deny.toml` says the same.

use std::collections::{BTreeSet, HashMap, HashSet};

use cargo_metadata::{DependencyKind, Metadata, MetadataCommand, Package, PackageId};

fn metadata() -> Metadata {
    MetadataCommand::new()
        .manifest_path(concat!(env!("CARGO_MANIFEST_DIR"), "/../../Cargo.toml"))
        .other_options(["--locked".to_owned()])
        .exec()
        .expect("cargo metadata")
}

/// Everything that a crate of ours is built from, tests aside.
fn reaches<'m>(metadata: &'m Metadata, from: &str) -> Vec<&'m Package> {
    let graph = metadata.resolve.as_ref().expect("a resolved graph");
    let nodes: HashMap<&PackageId, _> = graph.nodes.iter().map(|node| (&node.id, node)).collect();
    let start = metadata.workspace_packages().into_iter().find(|package| *package.name == from).expect(from);
    let (mut seen, mut next) = (HashSet::new(), vec![&start.id]);
    while let Some(id) = next.pop() {
        if seen.insert(id) {
            let needed = nodes[id].deps.iter().filter(|dependency| {
                dependency.dep_kinds.iter().any(|kind| kind.kind != DependencyKind::Development)
            });
            next.extend(needed.map(|dependency| &dependency.pkg));
        }
    }
    metadata.packages.iter().filter(|package| seen.contains(&package.id)).collect()
}

fn names(packages: &[&Package]) -> BTreeSet<String> {
    packages.iter().map(|package| package.name.to_string()).collect()
}

#[test]
fn pages_and_the_model_cannot_talk_to_the_outside() {
    let metadata = metadata();
    for from in ["web", "shop"] {
        let reached = names(&reaches(&metadata, from));
        for client in ["async-openai", "aws-sdk-s3", "async-stripe", "lettre", "reqwest"] {
            assert!(!reached.contains(client), "{from} reaches {client}");
        }
    }
    // The wall is no wall if nobody is behind it.
    let worker = names(&reaches(&metadata, "worker"));
    assert!(worker.contains("async-openai") && worker.contains("aws-sdk-s3"));
}

#[test]
fn stand_ins_are_in_no_production_binary() {
    let metadata = metadata();
    for from in ["web", "worker", "shop"] {
        assert!(!names(&reaches(&metadata, from)).contains("sandbox"), "{from} reaches sandbox");
    }
}

#[test]
fn the_model_knows_none_of_ours_and_the_sandbox_neither() {
    let metadata = metadata();
    let ours: BTreeSet<String> =
        metadata.workspace_packages().iter().map(|package| package.name.to_string()).collect();
    for alone in ["shop", "sandbox"] {
        let reached: Vec<String> = names(&reaches(&metadata, alone)).intersection(&ours).cloned().collect();
        assert_eq!(reached, [alone], "{alone} stands alone");
    }
}

#[test]
fn there_is_one_tls() {
    let metadata = metadata();
    for from in ["web", "worker", "dev"] {
        let reached = names(&reaches(&metadata, from));
        for other in ["openssl-sys", "native-tls", "aws-lc-sys"] {
            assert!(!reached.contains(other), "{from} reaches {other}");
        }
    }
}

#[test]
fn every_licence_is_one_that_we_accept() {
    let rules: toml::Table = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../../deny.toml"))
        .expect("deny.toml")
        .parse()
        .expect("toml");
    let words = |table: &toml::Value, key: &str| table[key].as_str().expect("a word").to_owned();
    let accepted: HashSet<&str> = rules["licenses"]["allow"]
        .as_array()
        .expect("a list")
        .iter()
        .filter_map(|name| name.as_str())
        .collect();
    let clarified: HashMap<String, String> = rules["licenses"]["clarify"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|rule| (words(rule, "crate"), words(rule, "expression")))
        .collect();
    let metadata = metadata();
    let mut refused = Vec::new();
    let reached: BTreeSet<_> = ["web", "worker", "dev", "journeys"]
        .iter()
        .flat_map(|from| reaches(&metadata, from))
        .map(|p| &p.id)
        .collect();
    for package in metadata.packages.iter().filter(|package| reached.contains(&package.id)) {
        // Older crates write `MIT/Apache-2.0`, which SPDX writes with OR.
        let stated = clarified.get(package.name.as_str()).or(package.license.as_ref());
        let licence = stated.cloned().unwrap_or_default().replace('/', " OR ");
        let fits = spdx::Expression::parse_mode(&licence, spdx::ParseMode::LAX).is_ok_and(|expression| {
            expression.evaluate(|requirement| accepted.contains(requirement.to_string().as_str()))
        });
        if !fits {
            refused.push(format!("{} {}: {licence:?}", package.name, package.version));
        }
    }
    assert!(refused.is_empty(), "{refused:#?}");
}
