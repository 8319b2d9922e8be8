//! The table's definition: the one that `latchkey table create` makes and `template.yaml` declares.

use aws_sdk_dynamodb::operation::create_table::builders::CreateTableFluentBuilder;
use aws_sdk_dynamodb::types::{
    AttributeDefinition, BillingMode, GlobalSecondaryIndex, KeySchemaElement, KeyType, Projection, ProjectionType,
    ScalarAttributeType, StreamSpecification, StreamViewType,
};
use aws_sdk_dynamodb::{Client, error::BuildError};

/// Partition key of the table.
pub const PK: &str = "pk";
/// Sort key of the table.
pub const SK: &str = "sk";
/// Attribute with the second (Unix) after which DynamoDB may delete an item.
pub const TTL: &str = "ttl";
/// Attribute with the event that a lone write announces (see [`crate::events`]).
pub const EVENT: &str = "announce";
/// The list indexes. Each has keys `{name}_pk` and `{name}_sk` and projects keys only, so that a
/// write that changes no list writes no index.
pub const INDEXES: &[&str] = &["by_type", "by_product", "by_parent", "by_owner", "by_group"];

/// Whether an attribute belongs to the table's own bookkeeping rather than to a record.
#[must_use]
pub fn is_reserved(name: &str) -> bool {
    matches!(name, PK | SK | TTL | EVENT)
        || INDEXES.iter().any(|index| name.strip_prefix(index).is_some_and(|rest| rest == "_pk" || rest == "_sk"))
}

/// The request that creates the table.
///
/// # Errors
/// Never in practice: the builders only fail on members left out.
pub fn create_table(client: &Client, table: &str) -> Result<CreateTableFluentBuilder, BuildError> {
    let mut request = client
        .create_table()
        .table_name(table)
        .billing_mode(BillingMode::PayPerRequest)
        .stream_specification(
            StreamSpecification::builder()
                .stream_enabled(true)
                .stream_view_type(StreamViewType::NewAndOldImages)
                .build()?,
        )
        .set_key_schema(Some(key_schema(PK, SK)?));
    for attribute in [PK.to_owned(), SK.to_owned()]
        .into_iter()
        .chain(INDEXES.iter().flat_map(|index| [format!("{index}_pk"), format!("{index}_sk")]))
    {
        request = request.attribute_definitions(
            AttributeDefinition::builder().attribute_name(attribute).attribute_type(ScalarAttributeType::S).build()?,
        );
    }
    for index in INDEXES {
        request = request.global_secondary_indexes(
            GlobalSecondaryIndex::builder()
                .index_name(*index)
                .set_key_schema(Some(key_schema(&format!("{index}_pk"), &format!("{index}_sk"))?))
                .projection(Projection::builder().projection_type(ProjectionType::KeysOnly).build())
                .build()?,
        );
    }
    Ok(request)
}

fn key_schema(hash: &str, range: &str) -> Result<Vec<KeySchemaElement>, BuildError> {
    Ok(vec![
        KeySchemaElement::builder().attribute_name(hash).key_type(KeyType::Hash).build()?,
        KeySchemaElement::builder().attribute_name(range).key_type(KeyType::Range).build()?,
    ])
}

#[cfg(test)]
mod tests {
    use super::is_reserved;

    #[test]
    fn index_keys_are_reserved_and_record_members_are_not() {
        assert!(is_reserved("pk") && is_reserved("by_type_sk"));
        assert!(!is_reserved("by_type") && !is_reserved("name") && !is_reserved("by_product_id"));
    }
}
