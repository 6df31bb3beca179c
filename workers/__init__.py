"""Background work: runs, their batches, progress and the error ledger."""
