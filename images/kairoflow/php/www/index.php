<?php

declare(strict_types=1);

use Kairoflow\Http\Application;
use Kairoflow\Http\Request;

require __DIR__ . '/../src/autoload.php';

Application::fromEnvironment(getenv())->handle(Request::fromGlobals())->send();
