//! Lists of accounts, page by page.

use symbolon_core::{
    model::{Identifier, IdentifierPrefix, Role},
    store::{Change, NewAccount},
};
use symbolon_protocol::EndReason;

use super::{Harness, World};

/// In pages, each account once.
pub async fn accounts_are_listed_in_the_order_of_their_ids<H: Harness>() {
    let world = World::<H>::new().await;
    let mut ids = Vec::new();
    for name in ["a", "b", "c", "d", "e"] {
        ids.push(world.account(name).await);
    }
    ids.sort();
    let mut listed = Vec::new();
    loop {
        let after = listed.last().copied();
        let page = world.store().accounts(after, 2).await.unwrap();
        assert!(page.len() <= 2);
        if page.is_empty() {
            break;
        }
        listed.extend(page.iter().map(|account| account.id));
    }
    assert_eq!(listed, ids);
}

/// By any identifier, each account once, in pages that follow each other.
pub async fn accounts_are_found_by_how_their_names_begin<H: Harness>() {
    let world = World::<H>::new().await;
    let put = async |names: &[&str]| {
        let identifiers = names.iter().map(|name| Identifier::parse(name).unwrap());
        let new = NewAccount {
            identifiers: identifiers.collect(),
            ..world.make.account("")
        };
        world.put(new).await
    };
    let find = async |prefix: &str| {
        let prefix = IdentifierPrefix::parse(prefix).unwrap();
        let mut found = Vec::new();
        loop {
            let after = found.last().copied();
            let page = world.store().accounts_named(&prefix, after, 2).await;
            let page = page.unwrap().unwrap();
            assert!(page.len() <= 2);
            if page.is_empty() {
                return found;
            }
            found.extend(page.iter().map(|account| account.id));
        }
    };
    let adam = put(&["adam"]).await;
    let both = put(&["Adele", "adele@example.com", "zoe@example.com"]).await;
    let same = put(&["ada@example.com"]).await;
    let other = put(&["bob", "grace@example.com"]).await;
    let percent = put(&["100%_sure"]).await;

    assert_eq!(find("AD").await, [same, adam, both]);
    assert_eq!(find("adele@").await, [both]);
    assert_eq!(find("zoe").await, [both]);
    // Signs that a pattern would know are signs of the name.
    for (text, found) in [("100%_", vec![percent]), ("%", vec![]), ("_", vec![])] {
        assert_eq!(find(text).await, found, "{text}");
    }
    assert_eq!(find("").await, [percent, same, adam, both, other]);
}

/// A list that begins again in the middle of its pages would show accounts twice.
pub async fn a_list_by_names_goes_on_from_its_own_accounts_alone<H: Harness>() {
    let world = World::<H>::new().await;
    let store = world.store();
    let other = world.account("bob").await;
    let [ada, adele] = [world.account("ada").await, world.account("adele").await];
    let prefix = IdentifierPrefix::parse("ad").unwrap();
    let after = async |id| {
        let page = store.accounts_named(&prefix, Some(id), 9).await.unwrap();
        page.map(|page| page.iter().map(|account| account.id).collect::<Vec<_>>())
    };
    assert_eq!(after(ada).await, Some(vec![adele]));
    assert_eq!(after(adele).await, Some(vec![]));
    for unlisted in [other, world.make.unknown_account()] {
        assert_eq!(after(unlisted).await, None);
    }
    let erase = Change::EraseAccount { account: ada };
    world.applied(erase, EndReason::AccountErased).await;
    assert_eq!(after(ada).await, None);
}

/// With every identifier and role of its own and none of another.
pub async fn a_listed_account_is_whole<H: Harness>() {
    let world = World::<H>::new().await;
    let put = async |names: &[&str], roles: &[&str]| {
        let identifiers = names.iter().map(|name| Identifier::parse(name).unwrap());
        let role = |name: &&str| Role {
            name: (*name).to_owned(),
            ..Role::admin()
        };
        let new = NewAccount {
            identifiers: identifiers.collect(),
            roles: roles.iter().map(role).collect(),
            ..world.make.account("")
        };
        world.put(new).await
    };
    // By their names they come in another order than by their ids.
    put(&["az", "a1@example.com", "zoe"], &["b", "a"]).await;
    let erased = put(&["am", "am@example.com"], &["c"]).await;
    put(&["ay"], &[]).await;
    put(&["ax", "a0@example.com"], &["c"]).await;
    let erase = Change::EraseAccount { account: erased };
    world.applied(erase, EndReason::AccountErased).await;
    let prefix = IdentifierPrefix::parse("a").unwrap();
    let named = world.store().accounts_named(&prefix, None, 9).await;
    let named = named.unwrap().unwrap();
    let listed = world.store().accounts(None, 9).await.unwrap();
    assert_ne!(named, listed);
    for page in [named, listed] {
        assert_eq!(page.len(), 3);
        for account in page {
            let whole = world.store().account(account.id).await.unwrap();
            assert_eq!(whole, Some(account));
        }
    }
}
