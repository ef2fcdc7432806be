CREATE TABLE invoices (
    id           uuid PRIMARY KEY,
    account_id   uuid NOT NULL REFERENCES accounts (id),
    period       text NOT NULL,
    bytes        bigint NOT NULL,
    amount_cents bigint NOT NULL CHECK (amount_cents >= 0),
    created_at   timestamptz NOT NULL DEFAULT now(),
    stored_at    timestamptz,
    UNIQUE (account_id, period)
);
