//! Operations as DynamoDB's expressions.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::{
    AttributeValue, ConditionCheck, Delete, Put, ReturnValuesOnConditionCheckFailure, TransactWriteItem, Update,
};

use super::Operation;
use crate::store::{Item, Key, StoreError, primary_key};

/// One item's part in a transaction.
pub(super) fn transaction_item(table: &str, key: &Key, operation: &Operation) -> Result<TransactWriteItem, StoreError> {
    let expression = Expression::of(operation);
    let old = ReturnValuesOnConditionCheckFailure::AllOld;
    let item = TransactWriteItem::builder();
    Ok(if let Some(put) = &operation.put {
        let mut full = put.clone();
        full.extend(primary_key(key));
        item.put(
            Put::builder()
                .table_name(table)
                .set_item(Some(full))
                .set_condition_expression(expression.condition)
                .set_expression_attribute_names(expression.names)
                .set_expression_attribute_values(expression.values)
                .return_values_on_condition_check_failure(old)
                .build()?,
        )
    } else if operation.delete {
        item.delete(
            Delete::builder()
                .table_name(table)
                .set_key(Some(primary_key(key)))
                .set_condition_expression(expression.condition)
                .set_expression_attribute_names(expression.names)
                .set_expression_attribute_values(expression.values)
                .return_values_on_condition_check_failure(old)
                .build()?,
        )
    } else if operation.is_update() {
        item.update(
            Update::builder()
                .table_name(table)
                .set_key(Some(primary_key(key)))
                .set_update_expression(expression.update)
                .set_condition_expression(expression.condition)
                .set_expression_attribute_names(expression.names)
                .set_expression_attribute_values(expression.values)
                .return_values_on_condition_check_failure(old)
                .build()?,
        )
    } else {
        item.condition_check(
            ConditionCheck::builder()
                .table_name(table)
                .set_key(Some(primary_key(key)))
                .set_condition_expression(expression.condition)
                .set_expression_attribute_names(expression.names)
                .set_expression_attribute_values(expression.values)
                .return_values_on_condition_check_failure(old)
                .build()?,
        )
    }
    .build())
}

/// Placeholders of an expression.
#[derive(Default)]
pub(super) struct Names {
    names: HashMap<String, String>,
    values: Item,
}

impl Names {
    pub(super) fn name(&mut self, name: &str) -> String {
        let placeholder = format!("#{}", self.names.len());
        if let Some((known, _)) = self.names.iter().find(|(_, value)| *value == name) {
            return known.clone();
        }
        self.names.insert(placeholder.clone(), name.to_owned());
        placeholder
    }

    pub(super) fn value(&mut self, value: AttributeValue) -> String {
        let placeholder = format!(":{}", self.values.len());
        self.values.insert(placeholder.clone(), value);
        placeholder
    }
}

/// The expressions of an operation.
pub(super) struct Expression {
    pub(super) update: Option<String>,
    pub(super) condition: Option<String>,
    pub(super) names: Option<HashMap<String, String>>,
    pub(super) values: Option<Item>,
}

impl Expression {
    pub(super) fn of(operation: &Operation) -> Self {
        let mut names = Names::default();
        let condition = operation.conditions.iter().map(|(condition, _)| condition.express(&mut names));
        let condition = Some(condition.collect::<Vec<_>>().join(" AND ")).filter(|text| !text.is_empty());
        let whole = operation.put.is_some() || operation.delete;
        let update = (!whole && operation.is_update()).then(|| {
            let mut clauses = Vec::new();
            let mut list = |verb: &str, parts: Vec<String>| {
                if !parts.is_empty() {
                    clauses.push(format!("{verb} {}", parts.join(", ")));
                }
            };
            list(
                "SET",
                operation.set.iter().map(|(n, v)| format!("{} = {}", names.name(n), names.value(v.clone()))).collect(),
            );
            list(
                "ADD",
                operation
                    .add
                    .iter()
                    .map(|(n, v)| format!("{} {}", names.name(n), names.value(AttributeValue::N(v.to_string()))))
                    .collect(),
            );
            let mut removed: Vec<&String> =
                operation.remove.iter().filter(|n| !operation.set.contains_key(*n)).collect();
            removed.sort_unstable();
            removed.dedup();
            list("REMOVE", removed.into_iter().map(|n| names.name(n)).collect());
            clauses.join(" ")
        });
        Self {
            update: update.filter(|text| !text.is_empty()),
            condition,
            names: Some(names.names).filter(|names| !names.is_empty()),
            values: Some(names.values).filter(|values| !values.is_empty()),
        }
    }
}
