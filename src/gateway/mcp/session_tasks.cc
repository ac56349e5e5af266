// Tasks (extension io.modelcontextprotocol/tasks, SEP-2663): a stateless server may answer a tool call with a
// task, which the client asks after until it is done.
//
// The call was decided when it was made; what the task gives in the end is labelled like any result. Not
// carried: notifications of tasks, and tasks in seal mode, where a server is not told that the client knows
// them.
#include <fmt/format.h>

#include "base/limits.h"
#include "gateway/mcp/limits.h"
#include "gateway/mcp/session.h"
#include "wire/mcp/content.h"
#include "wire/mcp/labels.h"

namespace weir::gateway::mcp {
namespace {

namespace code = wire::mcp::code;

constexpr std::string_view kTasks = "io.modelcontextprotocol/tasks";

}  // namespace

bool Session::knows_tasks() const {
  return stateless_ && !sealing() && client_["capabilities"]["extensions"][kTasks].is_object();
}

void Session::task_created(const Wanted& wanted, const Message& answer) {
  const json::Value id = answer.result()["taskId"];
  const std::string name(id.string_or(""));
  if (!knows_tasks() || wanted.act != Act::tool)
    return input_failed(wanted.id, "the server answered with a task, which the client does not know");
  if (name.empty() || name.size() > limits::kMcpIdBytesMax || tasks_.contains(name))
    return input_failed(wanted.id, "the server answered with a task that has no name of its own");
  if (task_order_.size() >= limits::kMcpTasksMax) {
    tasks_.erase(task_order_.front());
    task_order_.pop_front();
  }
  const InFlight& flight = in_flight_[wanted.id];
  tasks_[name] = {wanted, flight.carries, flight.ledger_session, flight.ledger_call};
  task_order_.push_back(name);
  heard(*wanted.upstream, "tasks", answer.result()["statusMessage"]);
  respond(wanted.id, wire::mcp::with_id(answer, wanted.id));
}

void Session::ask_after_task(const Message& message) {
  const std::string name(message.params()["taskId"].string_or(""));
  const auto at = tasks_.find(name);
  if (at == tasks_.end()) return refuse(message.id, code::kInvalidParams, "there is no such task");
  InFlight& flight = in_flight_[message.id];
  flight.upstream = at->second.wanted.upstream;
  flight.upstream_id = flight.upstream->request(
      message.method, message.params().raw(), limits::kMcpHandshakeMs,
      [weak = weak_from_this(), id = message.id, name, method = message.method](Result<Message> answer) {
        if (const auto self = weak.lock()) self->task_told(id, name, method, std::move(answer));
      });
}

void Session::task_told(const std::string& id, const std::string& name, const std::string& method,
                        Result<Message> answer) {
  const auto flying = in_flight_.find(id);
  const auto at = tasks_.find(name);
  if (flying == in_flight_.end()) return;
  flying->second.upstream_id = 0;
  if (!answer) return refuse(id, code::kServerGone, answer.error().text());
  if (at == tasks_.end()) return refuse(id, code::kInvalidParams, "there is no such task");
  Task& task = at->second;
  heard(*task.wanted.upstream, "tasks",
        answer->kind == wire::mcp::Kind::error ? answer->error() : answer->result()["statusMessage"]);
  if (answer->kind == wire::mcp::Kind::error || method != "tasks/get")
    return respond(id, wire::mcp::with_id(*answer, id));
  const json::Value told = answer->result();
  const std::string_view status = told["status"].string_or("");
  if (status == "input_required") {
    for (const json::Member& member : told["inputRequests"].members())
      heard(*task.wanted.upstream, member.value["method"].string_or(""), member.value["params"]);
  }
  if (status != "completed" && status != "failed") return respond(id, wire::mcp::with_id(*answer, id));
  exchange::Result failed{task.wanted.call.id, {wire::mcp::all_text(told["error"])}, {}, 0, true};
  auto result = status == "failed" ? Result<exchange::Result>(std::move(failed))
                                   : wire::mcp::tool_result(task.wanted.call.id, told["result"]);
  if (!result) {
    return refuse(id, code::kInternal,
                  fmt::format("the MCP server \"{}\" answered with what is no result: {}",
                              task.wanted.upstream->server().name, result.error().text()));
  }
  Wanted wanted = task.wanted;
  wanted.id = id;
  InFlight& flight = flying->second;
  flight.carries = task.carries;
  flight.ledger_session = task.ledger_session;
  flight.ledger_call = task.ledger_call;
  const SaidLabels said = wire::mcp::read_labels(told["result"]);
  LabelId shown = kNoLabel;
  label(wanted, *result, said.empty() ? nullptr : &said, shown);
  if (!std::exchange(task.noted, true)) note_effect(wanted, flight, result->is_error);
  respond(id, wire::mcp::with_id(*answer, id));
}

}  // namespace weir::gateway::mcp
