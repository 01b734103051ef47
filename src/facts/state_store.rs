//! Whether what goes is the place of Terraform's own state, or of its locks. A name that somebody gave says nothing: the plan's backend names the
//! bucket or container, and a table of locks has the hash key that Terraform asks for.

use crate::catalog::Category;
use crate::facts::Destroy;
use crate::plan::ReadError;
use crate::state::{Place, StateFacts};

/// What of Terraform's own an object keeps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum StateStore {
    /// The state of this plan.
    State,
    /// The locks of states.
    Locks,
}

/// The hash key of a table of locks.
/// Source: <https://developer.hashicorp.com/terraform/language/backend/s3#dynamodb-state-locking>
const LOCK: &str = "LockID";

/// Marks the stores of states and locks.
pub(super) fn mark(state: &StateFacts, destroys: &mut [Destroy<'_, '_>]) -> Result<(), ReadError> {
    let place = state.identity.as_ref().map(|identity| &identity.place);
    for destroy in destroys {
        let Some(row) = destroy.row else { continue };
        if row.name == "aws_dynamodb_table" && is_one(destroy, &["hash_key"], LOCK)? {
            destroy.state_store = Some(StateStore::Locks);
        } else if row.category == Category::ObjectStore
            && let Some(place) = place
            && keeps(destroy, &row.name, place)?
        {
            destroy.state_store = Some(StateStore::State);
        }
    }
    Ok(())
}

/// Whether the state of this place is in there.
fn keeps(destroy: &Destroy<'_, '_>, kind: &str, place: &Place) -> Result<bool, ReadError> {
    let named = |name: &str| {
        let text = place.attributes.get(name).map(String::as_str);
        text.filter(|text| !text.is_empty())
    };
    if place.kind == "azurerm" {
        let (Some(account), Some(container)) =
            (named("storage_account_name"), named("container_name"))
        else {
            return Ok(false);
        };
        return match kind {
            "azurerm_storage_account" => is_one(destroy, &["name"], account),
            "azurerm_storage_container" => Ok(is_one(destroy, &["name"], container)?
                && is_one(
                    destroy,
                    &["storage_account_name", "storage_account_id"],
                    account,
                )?),
            _ => Ok(false),
        };
    }
    match named("bucket") {
        Some(bucket) => is_one(destroy, &["bucket", "name", "id"], bucket),
        None => Ok(false),
    }
}

/// Whether one of these attributes is this text, or a path that ends in it.
fn is_one(destroy: &Destroy<'_, '_>, attributes: &[&str], text: &str) -> Result<bool, ReadError> {
    for attribute in attributes {
        if let Some(there) = destroy.change.before().get(attribute)?.text()?
            && there.rsplit('/').next() == Some(text)
        {
            return Ok(true);
        }
    }
    Ok(false)
}
