"""The audit trail for people: a plain sentence for every act, in both languages."""
