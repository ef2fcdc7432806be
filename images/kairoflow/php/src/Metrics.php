<?php

declare(strict_types=1);

namespace Kairoflow;

use APCUIterator;
use Kairoflow\Jobs\Records;

/** Metrics in Prometheus' text format. Workers share their counters in memory, so that counting needs no network. */
final class Metrics
{
    private const string PREFIX = 'metric:';
    private const array BUCKETS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];
    private const array TYPES = [
        'http_requests_total' => 'counter',
        'http_request_duration_seconds' => 'histogram',
        'kairoflow_uploads_total' => 'counter',
        'kairoflow_upload_bytes_total' => 'counter',
        'kairoflow_job_runs_total' => 'counter',
        'kairoflow_job_items_total' => 'counter',
        'kairoflow_job_duration_seconds' => 'gauge',
        'kairoflow_job_last_success_timestamp_seconds' => 'gauge',
        'phpfpm_accepted_connections_total' => 'counter',
        'phpfpm_listen_queue' => 'gauge',
        'phpfpm_active_processes' => 'gauge',
        'phpfpm_idle_processes' => 'gauge',
        'phpfpm_max_children_reached_total' => 'counter',
        'process_start_time_seconds' => 'gauge',
        'php_info' => 'gauge',
    ];

    public static function request(string $method, string $route, int $status, float $seconds): void
    {
        self::count("http_requests_total|method=$method,route=$route,status=$status");
        $series = "http_request_duration_seconds|method=$method,route=$route";
        foreach (self::BUCKETS as $bucket) {
            if ($seconds <= $bucket) {
                self::count(str_replace('|', '_bucket|', "$series,le=$bucket"));
            }
        }
        self::count(str_replace('|', '_bucket|', "$series,le=+Inf"));
        self::count(str_replace('|', '_count|', $series));
        self::count(str_replace('|', '_sum|', $series), (int) round($seconds * 1e6));
    }

    public static function upload(string $collection, int $bytes): void
    {
        self::count("kairoflow_uploads_total|collection=$collection");
        self::count("kairoflow_upload_bytes_total|collection=$collection", $bytes);
    }

    public static function text(Connections $connections): string
    {
        $series = self::counted() + (new Records($connections))->all() + self::ofTheProcess();
        return self::format($series);
    }

    /** @param array<string, int|float|string> $series name|label=value,… → value */
    public static function format(array $series): string
    {
        $lines = [];
        foreach (self::TYPES as $name => $type) {
            $found = array_filter($series, static fn (string $key): bool => self::isOf($key, $name), ARRAY_FILTER_USE_KEY);
            ksort($found);
            $lines = [...$lines, ...($found === [] ? [] : ["# TYPE $name $type"]), ...array_map(self::line(...), array_keys($found), $found)];
        }
        return implode("\n", $lines) . "\n";
    }

    private static function isOf(string $key, string $name): bool
    {
        return preg_match("/^$name(_bucket|_count|_sum)?(\||$)/", $key) === 1;
    }

    private static function line(string $key, int|float|string $value): string
    {
        [$name, $labels] = explode('|', $key, 2) + [1 => ''];
        $quoted = preg_replace('/([a-z_]+)=([^,]*)/', '$1="$2"', $labels);
        return $name . ($labels === '' ? '' : "{{$quoted}}") . " $value";
    }

    private static function count(string $key, int $by = 1): void
    {
        if (function_exists('apcu_enabled') && apcu_enabled()) {
            apcu_inc(self::PREFIX . $key, $by);
        }
    }

    /** @return array<string, int|float> */
    private static function counted(): array
    {
        if (!apcu_enabled()) {
            return [];
        }
        $series = [];
        foreach (new APCUIterator('/^' . self::PREFIX . '/') as $entry) {
            $key = substr((string) $entry['key'], strlen(self::PREFIX));
            $series[$key] = str_contains($key, '_sum|') ? $entry['value'] / 1e6 : $entry['value'];
        }
        return $series;
    }

    /** @return array<string, int> */
    private static function ofTheProcess(): array
    {
        $status = function_exists('fpm_get_status') ? fpm_get_status() : [];
        return ['php_info|version=' . PHP_VERSION => 1] + ($status === [] ? [] : [
            'phpfpm_accepted_connections_total' => $status['accepted-conn'],
            'phpfpm_listen_queue' => $status['listen-queue'],
            'phpfpm_active_processes' => $status['active-processes'],
            'phpfpm_idle_processes' => $status['idle-processes'],
            'phpfpm_max_children_reached_total' => $status['max-children-reached'],
            'process_start_time_seconds' => $status['start-time'],
        ]);
    }
}
