// Every bound in weir, in one file. Each is tested at the limit and one past it, in the test of the
// folder that enforces it. Units and what is counted stand in the name.
#pragma once

#include <cstddef>
#include <cstdint>

namespace weir::limits {

// JSON (base/json)
inline constexpr int kJsonDepthMax = 96;
inline constexpr size_t kJsonBytesMax = size_t{64} << 20;
inline constexpr size_t kJsonNodesMax = size_t{4} << 20;

// HTTP (net)
inline constexpr size_t kHttpHeaderBytesMax = size_t{64} << 10;
inline constexpr size_t kHttpHeadersMax = 128;
inline constexpr size_t kHttpBodyBytesMax = size_t{32} << 20;
inline constexpr size_t kHttpResponseBytesMax = size_t{64} << 20;  // of one upstream reply, streamed or not
inline constexpr int kHttpConnectionsMax = 20'000;
inline constexpr int64_t kHttpHeaderTimeoutMs = 15'000;
inline constexpr int64_t kHttpIdleTimeoutMs = 75'000;
inline constexpr int64_t kUpstreamConnectTimeoutMs = 10'000;
inline constexpr int64_t kUpstreamIdleTimeoutMs = 600'000;       // models may think for minutes
inline constexpr int64_t kUpstreamKeepAliveMs = 55'000;          // below what servers keep
inline constexpr size_t kUpstreamKeptConnectionsMax = 256;       // for one scheme, host and port
inline constexpr int kInterimResponsesMax = 16;                  // 1xx before one reply
inline constexpr size_t kWriteBufferBytesMax = size_t{4} << 20;  // per connection; past it the source waits

// Server-sent events (wire)
inline constexpr size_t kSseEventBytesMax = size_t{8} << 20;
inline constexpr int64_t kKeepAliveIntervalMs = 10'000;

// Exchange
inline constexpr size_t kMessagesMax = 20'000;
inline constexpr size_t kToolsMax = 4'096;
inline constexpr size_t kCallsPerTurnMax = 256;
inline constexpr size_t kChoicesMax = 128;
inline constexpr size_t kHeldCallBytesMax = size_t{8} << 20;  // of one turn, all calls together
inline constexpr int kVetoRoundsMax = 4;  // times the planner may go on after a denial within one request

// Labels
inline constexpr size_t kLabelOriginsMax = 32;  // named; more are counted, not named
inline constexpr size_t kLabelReadersMax = 64;  // more: nobody but the owner
inline constexpr size_t kPrincipalBytesMax = 512;

// Trace
inline constexpr size_t kTraceTextBytesMax = size_t{1}
                                             << 30;  // normalised; at capacity unmatched text is untrusted
inline constexpr size_t kTraceEntriesMax = size_t{64} << 20;  // remembered by store
inline constexpr int kTraceDecodeDepthMax = 3;
inline constexpr size_t kVouchersBytesMax = size_t{64}
                                            << 20;  // of one conversation; more vouches for nothing
inline constexpr size_t kTraceCopyCharsMin = 24;    // non-space characters that make a copy

// Policy
inline constexpr size_t kPolicyBytesMax = size_t{1} << 20;
inline constexpr size_t kPoliciesMax = 4'096;
inline constexpr uint64_t kPolicyAnalysisStepsMax = 4'000'000;  // evaluations, some seconds
inline constexpr int kPolicyDepthMax = 64;
inline constexpr size_t kPolicyAncestorsMax = size_t{1}
                                              << 22;  // of all entities together, when worked out ahead
inline constexpr size_t kPolicyEntitiesMax = 65'536;  // in one entities JSON
inline constexpr size_t kSchemaTypesMax = 512;        // entity types, common types and actions, each
inline constexpr size_t kSchemaEnvironmentsMax =
    65'536;                                             // action × principal type × resource type of a schema
inline constexpr size_t kSchemaTypeNodesMax = 1 << 16;  // of all types, common types written out
inline constexpr size_t kValidationStepsMax = 4'000'000;  // nodes looked at for one set of policies

// Manifests, configuration
inline constexpr size_t kTomlBytesMax = size_t{1} << 20;
inline constexpr int kTomlDepthMax = 16;             // tables and arrays within each other
inline constexpr size_t kResultLeavesMax = 100'000;  // labelled one by one; more: the result as a whole
inline constexpr size_t kResultPointerBytesMax = size_t{16} << 20;  // of all leaves of a result together
inline constexpr size_t kTrustPatternBytesMax = 1'024;
inline constexpr size_t kToolNameBytesMax = 256;  // "server/tool"; longer ones are cut

// Sessions, approvals
inline constexpr size_t kSessionsMax = 10'000;  // kept in memory; older ones are rebuilt from their history
inline constexpr size_t kPendingAsksMax = 256;
inline constexpr size_t kDeniedQuestionsMax = 4'096;  // remembered, so that they are not asked again
inline constexpr size_t kMissedMax = 256;             // listed of what nobody was there to answer
inline constexpr size_t kMissedWhyBytesMax = 1'000;
inline constexpr size_t kGrantLineBytesMax = 16'384;        // a longer one is not offered
inline constexpr size_t kShownArgumentsMax = 200;           // of one ask; more are counted
inline constexpr size_t kShownValueBytesMax = 16'384;       // of one argument
inline constexpr size_t kNotifyAtOnceMax = 8;               // notify commands that run
inline constexpr size_t kNotifyQueueMax = 64;               // that wait to run; further asks are not told
inline constexpr int64_t kNotifyTimeMs = 10'000;            // then it is killed
inline constexpr size_t kNotifyBytesMax = size_t{1} << 20;  // of the ask on its standard input
inline constexpr size_t kGrantsMax = 10'000;   // and vouches
inline constexpr size_t kReasonBytesMax = 500;  // that a person gives
inline constexpr size_t kGrantOriginsMax = 64;  // whose data a grant releases
inline constexpr size_t kStatusSessionsMax = 256;  // that weir status knows, the newest
inline constexpr size_t kCallLeavesMax = 4'096;      // values in one call's arguments; more: denied
inline constexpr size_t kToolTextsMax = 100'000;     // tool descriptions remembered as seen
inline constexpr size_t kStoredPlacesMax = 100'000;  // past it, a place that is not known is untrusted
inline constexpr size_t kAnswerLinksMax = 1'024;     // links of one answer that are looked at
inline constexpr int64_t kTicketLifetimeMs = 600'000;

// Seal
inline constexpr size_t kReferenceBytesMax = 512;  // of what stands between its braces
inline constexpr size_t kReferencePathMax = 16;
inline constexpr size_t kReferencesPerLeafMax = 256;            // in one argument; more: denied
inline constexpr size_t kSealedValuesMax = 20'000;              // named in one session; more cannot be named
inline constexpr size_t kSealedMadeBytesMax = size_t{1} << 20;  // readers' answers that outlive a restart
inline constexpr size_t kSourceBytesMax = 500;                  // of a call, where it names a sealed value
inline constexpr size_t kSealedFieldsMax = 64;                  // named of one record
inline constexpr size_t kSealedPageMax = 200;                   // references of one list
inline constexpr size_t kVaultsMax = 10'000;                    // sessions whose vault is kept
inline constexpr size_t kQuestionBytesMax = 8'192;              // of weir_ask
inline constexpr size_t kQuestionReferencesMax = 64;
inline constexpr size_t kEnumOptionsMax = 256;
inline constexpr size_t kIntentWordsBytesMax =
    256 << 10;                               // of the user's and operator's texts that a judge is shown
inline constexpr size_t kPlanToolsMax = 64;  // that a planner is offered when it plans side effects
inline constexpr size_t kPlansUnderWayMax = 256;
inline constexpr size_t kPlanGrantsMax = 16;       // that one plan makes
inline constexpr size_t kIntentAnswersMax = 4096;  // of the intent check that are remembered
inline constexpr size_t kReaderAnswerBytesMax = size_t{1} << 20;
inline constexpr int kReaderTriesMax = 3;
inline constexpr int64_t kModelCallMs = 120'000;  // for an answer to a question of weir's own
inline constexpr int kReaderRoundsMax = 64;       // of one client request in which weir answered all calls
inline constexpr size_t kSubstitutedBytesMax = size_t{16} << 20;  // arguments with content put in

// Ledger
inline constexpr size_t kLedgerEntryBytesMax = 65'535;           // C2SP tlog-tiles: u16 length prefix
inline constexpr size_t kLedgerQueueMax = 4'096;                 // entries that wait for the writer
inline constexpr size_t kLedgerBatchEntriesMax = 256;            // of one commit
inline constexpr size_t kLedgerBatchBytesMax = size_t{1} << 20;  // past it a commit takes no further entry
inline constexpr size_t kLedgerJournalBytesMax = size_t{64} << 20;
inline constexpr size_t kLedgerReadEntriesMax = 4'096;
inline constexpr size_t kLedgerProblemsMax = 64;
inline constexpr size_t kLedgerProofBytesMax = size_t{128} << 10;
inline constexpr size_t kNoteBytesMax = size_t{64} << 10;
inline constexpr size_t kNoteSignaturesMax = 32;

// Store
inline constexpr size_t kStoreValueBytesMax = size_t{4} << 20;  // one value of any table
inline constexpr size_t kTicketsMax = 10'000;
inline constexpr int64_t kTicketMs = 600'000;
inline constexpr size_t kShadowEntriesMax = 100'000;
inline constexpr size_t kShadowBytesMax = size_t{256} << 20;
inline constexpr size_t kEmittedMax = 1'000'000;
inline constexpr size_t kRecordedValuesMax = 32;         // argument values kept with a decision ...
inline constexpr size_t kRecordedValueBytesMax = 1'024;  // ... none that is longer
inline constexpr size_t kStoredDetailsMax = 1'000'000;   // readable decisions beside the ledger
inline constexpr size_t kStoredArrivalsMax = 1'000'000;  // what came into sessions, without content
inline constexpr size_t kArrivalNamesMax = 16;           // origins, and sealed values, named of one
inline constexpr size_t kStoreQueueMax = 4'096;          // jobs that wait for the store's thread

// MCP
inline constexpr size_t kMcpMessageBytesMax = size_t{64} << 20;
inline constexpr size_t kMcpStreamBytesMax = size_t{1} << 30;  // of one event stream, then it is opened anew
inline constexpr size_t kMcpQueueBytesMax = size_t{64} << 20;  // that wait for one server to read them
inline constexpr size_t kMcpNameBytesMax = 64;                 // of a tool, as clients see it
inline constexpr size_t kMcpNamesMax = 100'000;                // that one client can have been given
inline constexpr size_t kMcpUriBytesMax = 8'192;               // that is compared with a template
inline constexpr size_t kMcpTemplateExpressionsMax = 16;
inline constexpr size_t kMcpIdBytesMax = 1'024;  // of a JSON-RPC id
inline constexpr size_t kMcpBatchMax = 100;
inline constexpr size_t kMcpStderrLineBytesMax = 4'096;
inline constexpr size_t kMcpStderrLinesMax = 100;  // a second
inline constexpr size_t kMcpOddMessagesMax = 100;  // that are none, before a link is given up
inline constexpr int64_t kMcpHandshakeMs = 60'000;
inline constexpr int64_t kMcpListMs = 10'000;  // a list waits so long for a slow server
inline constexpr int64_t kMcpCallMs = 3'600'000;
inline constexpr size_t kMcpPagesMax = 100;
inline constexpr size_t kMcpEntriesMax = 5'000;  // of one list of one server
inline constexpr size_t kMcpInFlightMax = 1'000;
inline constexpr size_t kMcpServerRequestsMax = 64;
inline constexpr size_t kMcpSubscriptionsMax = 1'000;
inline constexpr size_t kMcpSessionIdBytesMax = 1'024;
inline constexpr size_t kMcpEventIdBytesMax = 1'024;
inline constexpr int kMcpResumesMax = 8;       // of one stream, in a row without an event of use
inline constexpr int64_t kMcpRetryMs = 1'000;  // before a stream is resumed, where the server says nothing
inline constexpr int64_t kMcpRetryMsMin = 20;  // whatever the server says
inline constexpr int64_t kMcpRetryMsMax = 60'000;
inline constexpr int64_t kMcpNotifyMs = 5'000;  // what follows a notification waits so long for its POST
inline constexpr size_t kMcpSessionsMax = 1'000;
inline constexpr int64_t kMcpSessionIdleMs = 1'800'000;
inline constexpr int64_t kMcpLeftMs = 15'000;  // a client that listened is taken to have left
inline constexpr int64_t kMcpSweepMs = 5'000;
inline constexpr int64_t kMcpQuietMs = 10'000;  // then an answer becomes an event stream, and is kept alive
inline constexpr size_t kMcpKeptBytesMax = size_t{8} << 20;  // of one stream's events
inline constexpr size_t kMcpKeptEventsMax = 1'024;
inline constexpr size_t kMcpKeptStreamsMax = 64;
inline constexpr int64_t kMcpKeptMs = 60'000;
inline constexpr size_t kMcpListenersMax = 4;
inline constexpr size_t kMcpUnsentMax = 256;
inline constexpr size_t kToolDefinitionBytesMax = size_t{256} << 10;
inline constexpr size_t kToolTextLongBytes = 8'192;  // of one text of a tool: worth a look
inline constexpr size_t kPinsMax = 100'000;
inline constexpr size_t kPinsBytesMax = size_t{256} << 20;         // of all definitions that are kept
inline constexpr size_t kPinFindingsMax = 20;                      // of one tool; more are counted
inline constexpr size_t kPinDifferenceBytesMax = size_t{8} << 20;  // of definitions shown at once
inline constexpr size_t kPinEntriesAtOnceMax = 256;                // on their way to the ledger

// Replay
inline constexpr size_t kReplayLineBytesMax = size_t{16} << 20;

// Setup: agents' own config files
inline constexpr size_t kSetupFileBytesMax = size_t{16} << 20;
inline constexpr int kSetupDepthMax = 64;
inline constexpr size_t kSetupNodesMax = 500'000;
inline constexpr size_t kSetupServersMax = 256;  // MCP servers of one client
inline constexpr size_t kSetupUndoMax = 99;      // runs of weir init that can be undone

}  // namespace weir::limits
