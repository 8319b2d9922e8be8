//! Carrying units out: one transaction, tried again while others are in its way.

use std::time::Duration;

use aws_sdk_dynamodb::error::SdkError;
use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use aws_sdk_dynamodb::types::{
    CancellationReason, ReturnConsumedCapacity, ReturnValue, ReturnValuesOnConditionCheckFailure,
};

use super::expression::{Expression, transaction_item};
use super::{CommitError, Operation, Reason, Refused, Unit};
use crate::store::{Item, Key, Store, StoreError, primary_key};

/// How often a unit is tried when other transactions are in its way.
const TRIES: u32 = 60;

impl Unit {
    /// Carries the unit out.
    ///
    /// # Errors
    /// [`CommitError::Refused`] with every reason that applies; then nothing has changed.
    pub async fn commit(self, store: &Store) -> Result<(), CommitError> {
        self.carry_out(store).await.map(drop)
    }

    /// Carries out a unit that updates one item, and gives back the item as the update left it: under concurrent
    /// updates, what this one amounted to. Empty if the unit was something else.
    ///
    /// # Errors
    /// As [`Self::commit`].
    pub async fn commit_returning(mut self, store: &Store) -> Result<Item, CommitError> {
        self.returning = true;
        self.carry_out(store).await
    }

    async fn carry_out(mut self, store: &Store) -> Result<Item, CommitError> {
        self.settle();
        self.operations.retain(|(_, operation)| {
            operation.has_effect() || (!operation.optional && !operation.conditions.is_empty())
        });
        if self.operations.is_empty() {
            return Ok(Item::new());
        }
        for attempt in 0..TRIES {
            match self.attempt(store).await? {
                Attempt::Done(item) => return Ok(item),
                Attempt::Refused(reasons, gone) if reasons.is_empty() => {
                    self.operations.retain(|(key, _)| !gone.contains(key));
                    if self.operations.is_empty() {
                        return Ok(Item::new());
                    }
                }
                Attempt::Refused(reasons, _) => return Err(CommitError::Refused(Refused(reasons))),
                Attempt::Conflict => {
                    store.meter.retry();
                    let most = 5u64 << attempt.min(5);
                    let pause = rand::random_range(1..=most);
                    tokio::time::sleep(Duration::from_millis(pause)).await;
                }
            }
        }
        Err(StoreError::Unavailable("other transactions kept the records busy".to_owned()).into())
    }

    async fn attempt(&self, store: &Store) -> Result<Attempt, StoreError> {
        if let [(key, operation)] = self.operations.as_slice()
            && operation.is_lone_update()
        {
            return self.attempt_alone(store, key, operation).await;
        }
        let call = store.meter.start();
        let items = self
            .operations
            .iter()
            .map(|(key, operation)| transaction_item(&store.table, key, operation))
            .collect::<Result<Vec<_>, _>>()?;
        let answer = store
            .client
            .transact_write_items()
            .set_transact_items(Some(items))
            .return_consumed_capacity(ReturnConsumedCapacity::Total)
            .send()
            .await;
        match answer {
            Ok(answer) => {
                store.meter.end(&call, true, answer.consumed_capacity());
                Ok(Attempt::Done(Item::new()))
            }
            Err(SdkError::ServiceError(error)) if error.err().is_transaction_canceled_exception() => {
                store.meter.end(&call, true, []);
                let TransactWriteItemsError::TransactionCanceledException(canceled) = error.into_err() else {
                    return Err(StoreError::Broken("a cancelled transaction gave no reasons".to_owned()));
                };
                self.verdict(canceled.cancellation_reasons())
            }
            Err(error) => Err(error.into()),
        }
    }

    fn verdict(&self, reasons: &[CancellationReason]) -> Result<Attempt, StoreError> {
        let (mut refused, mut gone, mut conflict) = (Vec::new(), Vec::new(), false);
        for ((key, operation), reason) in self.operations.iter().zip(reasons) {
            match reason.code() {
                None | Some("None") => {}
                Some("ConditionalCheckFailed") => {
                    judge(operation, key, reason.item(), &mut refused, &mut gone);
                }
                Some("TransactionConflict" | "ThrottlingError" | "ProvisionedThroughputExceeded") => conflict = true,
                Some(code) => {
                    let message = reason.message().unwrap_or_default();
                    return Err(StoreError::Broken(format!("{code} on {}: {message}", key.pk)));
                }
            }
        }
        // A refusal is certain only when no other transaction was under way on the refused items.
        Ok(if !refused.is_empty() || (!gone.is_empty() && !conflict) {
            Attempt::Refused(refused, gone)
        } else {
            Attempt::Conflict
        })
    }

    /// An update of one item needs no transaction, and costs half.
    async fn attempt_alone(&self, store: &Store, key: &Key, operation: &Operation) -> Result<Attempt, StoreError> {
        let call = store.meter.start();
        let expression = Expression::of(operation);
        let sent = store
            .client
            .update_item()
            .table_name(&*store.table)
            .set_key(Some(primary_key(key)))
            .set_update_expression(expression.update)
            .set_condition_expression(expression.condition)
            .set_expression_attribute_names(expression.names)
            .set_expression_attribute_values(expression.values)
            .set_return_values(self.returning.then_some(ReturnValue::AllNew))
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
            .return_consumed_capacity(ReturnConsumedCapacity::Total)
            .send()
            .await;
        match sent {
            Ok(answer) => {
                store.meter.end(&call, true, answer.consumed_capacity());
                Ok(Attempt::Done(answer.attributes.unwrap_or_default()))
            }
            Err(SdkError::ServiceError(error)) if error.err().is_conditional_check_failed_exception() => {
                store.meter.end(&call, true, []);
                let found = match error.into_err() {
                    UpdateItemError::ConditionalCheckFailedException(failed) => failed.item,
                    _ => None,
                };
                let (mut refused, mut gone) = (Vec::new(), Vec::new());
                judge(operation, key, found.as_ref(), &mut refused, &mut gone);
                Ok(Attempt::Refused(refused, gone))
            }
            Err(error) => busy(error.into()),
        }
    }
}

/// A lone write that met a transaction is tried again like a transaction.
fn busy(error: StoreError) -> Result<Attempt, StoreError> {
    match error {
        StoreError::Unavailable(message) if message.starts_with("TransactionConflict") => Ok(Attempt::Conflict),
        error => Err(error),
    }
}

enum Attempt {
    Done(Item),
    Refused(Vec<Reason>, Vec<Key>),
    Conflict,
}

/// Finds out which conditions of an operation failed, by the item as it stood.
fn judge(operation: &Operation, key: &Key, item: Option<&Item>, refused: &mut Vec<Reason>, gone: &mut Vec<Key>) {
    let item = item.filter(|item| !item.is_empty());
    if operation.optional && item.is_none() {
        gone.push(key.clone());
        return;
    }
    let before = refused.len();
    for (condition, reason) in &operation.conditions {
        if !condition.holds(item) && !refused.contains(reason) {
            refused.push(reason.clone());
        }
    }
    if refused.len() == before {
        // The item changed between the check and its copy: report the first reason, the caller reads again.
        refused.extend(operation.conditions.first().map(|(_, reason)| reason.clone()));
    }
}
