export { type Faults, faultVariable, injectFaults } from './faults.js';
export { CALLER, Member, MEMBER } from './member.js';
export { readRelease, type Release, showRelease } from './release.js';
export { type Span, SpanExporter, type SpanSink } from './spans.js';
export { childOf, continueTrace, currentTrace, startTrace, type Trace, traceHeaders, withTrace } from './trace.js';
export { traceRequests } from './tracing.js';
export { type Call, type Reply, Upstream, UpstreamError } from './upstream.js';
