//! `symbolon accounts list`: page by page, so that memory does not grow with the accounts.

use serde_json::json;

use super::{HEADER, row};
use crate::{
    admin::{AdminClient, Target},
    commands::{Context, Exit, Outcome, block_on},
    failure::Failure,
    output::{JsonList, Pages},
};

const PAGE: u32 = 500;

#[derive(Debug, clap::Args)]
pub(super) struct List {
    #[command(flatten)]
    target: Target,
}

impl List {
    pub(super) fn run(self, context: &Context) -> Outcome {
        block_on(async {
            let client = self.target.connect(context).await?;
            if context.global.json {
                documents(&client).await
            } else {
                tables(&client).await
            }
        })?;
        Ok(Exit::Success)
    }
}

async fn documents(client: &AdminClient) -> Result<(), Failure> {
    let mut page = client.accounts(None, PAGE).await?;
    let mut list = JsonList::open("accounts")?;
    loop {
        list.items(page.accounts.iter().map(|account| json!(account)))?;
        let Some(next) = page.next else {
            return Ok(list.close()?);
        };
        page = client.accounts(Some(&next), PAGE).await?;
    }
}

async fn tables(client: &AdminClient) -> Result<(), Failure> {
    let mut after = None;
    let mut table = Pages::new(HEADER);
    loop {
        let page = client.accounts(after.as_deref(), PAGE).await?;
        table.rows(page.accounts.iter().map(row))?;
        after = page.next;
        if after.is_none() {
            return Ok(());
        }
    }
}
