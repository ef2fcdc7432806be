<?php

declare(strict_types=1);

namespace Kairoflow\Schema;

use PDO;

/** Compares the tables that are there with those that the migrations make: in temporary tables, which leave no trace. */
final readonly class Comparison
{
    private const string OBJECTS = <<<'SQL'
        SELECT format('column %s.%s %s%s', class.relname, attname, format_type(atttypid, atttypmod),
                      CASE WHEN attnotnull THEN ' not null' ELSE '' END)
          FROM pg_attribute JOIN pg_class class ON class.oid = attrelid
         WHERE class.relnamespace = :schema::oid AND class.relkind = 'r' AND attnum > 0 AND NOT attisdropped
           AND class.relname <> 'schema_migrations'
        UNION ALL
        SELECT format('constraint %s.%s %s', class.relname, conname, pg_get_constraintdef(pg_constraint.oid))
          FROM pg_constraint JOIN pg_class class ON class.oid = conrelid
         WHERE class.relnamespace = :schema::oid AND class.relname <> 'schema_migrations'
        UNION ALL
        SELECT format('index %s', indexrelid::regclass)
          FROM pg_index JOIN pg_class class ON class.oid = indrelid
         WHERE class.relnamespace = :schema::oid AND class.relkind = 'r' AND class.relname <> 'schema_migrations'
        SQL;

    public function __construct(private PDO $database, private Migrations $migrations)
    {
    }

    /** @return list<string> */
    public function differences(): array
    {
        $this->database->beginTransaction();
        try {
            $actual = $this->objects("'public'::regnamespace");
            $this->database->exec('SET LOCAL search_path TO pg_temp');
            foreach ($this->migrations->files() as $path) {
                $this->database->exec((string) file_get_contents($path));
            }
            $expected = $this->objects('pg_my_temp_schema()');
        } finally {
            $this->database->rollBack();
        }
        return [
            ...array_map(static fn (string $object): string => "missing: $object", array_values(array_diff($expected, $actual))),
            ...array_map(static fn (string $object): string => "unknown: $object", array_values(array_diff($actual, $expected))),
        ];
    }

    /** @return list<string> */
    private function objects(string $schema): array
    {
        $oid = $this->database->query("SELECT $schema::oid")->fetchColumn();
        $found = $this->database->prepare(self::OBJECTS);
        $found->execute(['schema' => $oid]);
        // Temporary tables are shown with their schema.
        return array_map(static fn (string $object): string => str_replace('pg_temp.', '', $object), $found->fetchAll(PDO::FETCH_COLUMN));
    }
}
