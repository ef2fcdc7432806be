<?php

declare(strict_types=1);

namespace Kairoflow\Tests;

use Kairoflow\Metrics;
use PHPUnit\Framework\TestCase;

final class MetricsTest extends TestCase
{
    public function testSeriesAreGroupedUnderTheirTypeWithQuotedLabels(): void
    {
        self::assertSame(
            "# TYPE http_requests_total counter\n"
            . "http_requests_total{method=\"GET\",route=\"/api/files/{id}\",status=\"200\"} 3\n"
            . "# TYPE http_request_duration_seconds histogram\n"
            . "http_request_duration_seconds_bucket{method=\"GET\",route=\"/\",le=\"+Inf\"} 2\n"
            . "http_request_duration_seconds_count{method=\"GET\",route=\"/\"} 2\n"
            . "http_request_duration_seconds_sum{method=\"GET\",route=\"/\"} 0.25\n"
            . "# TYPE phpfpm_listen_queue gauge\n"
            . "phpfpm_listen_queue 0\n",
            Metrics::format([
                'phpfpm_listen_queue' => 0,
                'http_request_duration_seconds_sum|method=GET,route=/' => 0.25,
                'http_request_duration_seconds_bucket|method=GET,route=/,le=+Inf' => 2,
                'http_requests_total|method=GET,route=/api/files/{id},status=200' => 3,
                'http_request_duration_seconds_count|method=GET,route=/' => 2,
                'not_ours' => 1,
            ]),
        );
    }
}
