#include "cli/live.h"

#include <fmt/format.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <csignal>

#include "approval/screen.h"
#include "base/json.h"

namespace weir::cli {
namespace {

using approval::Answer;
using approval::Card;
using SteadyClock = std::chrono::steady_clock;

constexpr auto kPollInterval = std::chrono::milliseconds(400);
constexpr auto kSettle = std::chrono::milliseconds(300);  // after the screen moved on by itself
constexpr int kEscapeWaitMs = 30;

volatile std::sig_atomic_t g_signal = 0;  // only a global reaches a signal handler
volatile std::sig_atomic_t g_resized = 0;

void on_signal(int signal) {
  if (signal == SIGWINCH) {
    g_resized = 1;
  } else {
    g_signal = signal;
  }
}

// Keys one by one, no echo, a screen of its own; put back at the end.
class Terminal {
 public:
  Terminal() {
    tcgetattr(STDIN_FILENO, &before_);
    termios raw = before_;
    raw.c_lflag &= ~static_cast<tcflag_t>(ICANON | ECHO);
    raw.c_cc[VMIN] = 0;
    raw.c_cc[VTIME] = 0;
    tcsetattr(STDIN_FILENO, TCSANOW, &raw);
    struct sigaction action{};
    action.sa_handler = on_signal;  // without SA_RESTART: poll() returns
    for (const int signal : {SIGINT, SIGTERM, SIGHUP, SIGWINCH}) sigaction(signal, &action, nullptr);
    put("\033[?1049h\033[?25l\033[?7l");
  }
  ~Terminal() {
    put("\033[?7h\033[?25h\033[?1049l");
    tcsetattr(STDIN_FILENO, TCSANOW, &before_);
  }
  Terminal(const Terminal&) = delete;
  Terminal& operator=(const Terminal&) = delete;

  static void put(std::string_view bytes) {
    std::fwrite(bytes.data(), 1, bytes.size(), stdout);
    std::fflush(stdout);
  }
  static approval::Shape shape() {
    winsize size{};
    approval::Shape shape;
    if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 && size.ws_row > 0) {
      shape.width = std::clamp<size_t>(size.ws_col, 20, 400);
      shape.height = std::clamp<size_t>(size.ws_row, 4, 400);
    }
    const char* no_color = std::getenv("NO_COLOR");  // no-color.org
    shape.color = no_color == nullptr || no_color[0] == '\0';
    return shape;
  }

 private:
  termios before_{};
};

enum class Key { none, end, once, session, always, deny, deny_group, next, previous, whole, further, leave };

// Escape sequences of the arrow keys; any other sequence is swallowed whole.
Key read_escape() {
  std::string sequence;
  while (sequence.size() < 8) {
    pollfd input{STDIN_FILENO, POLLIN, 0};
    char c = 0;
    if (poll(&input, 1, kEscapeWaitMs) != 1 || read(STDIN_FILENO, &c, 1) != 1) break;
    sequence += c;
    if (sequence.size() > 1 && c >= '@' && c <= '~') break;
  }
  if (sequence == "[B" || sequence == "[C" || sequence == "OB" || sequence == "OC") return Key::next;
  if (sequence == "[A" || sequence == "[D" || sequence == "OA" || sequence == "OD") return Key::previous;
  return Key::none;
}

Key read_key(std::chrono::milliseconds wait) {
  pollfd input{STDIN_FILENO, POLLIN, 0};
  if (poll(&input, 1, static_cast<int>(std::max<int64_t>(0, wait.count()))) != 1) return Key::none;
  char c = 0;
  if (read(STDIN_FILENO, &c, 1) != 1) return (input.revents & POLLHUP) != 0 ? Key::end : Key::none;
  switch (c) {
    case 'o':
      return Key::once;
    case 's':
      return Key::session;
    case 'a':
      return Key::always;
    case 'd':
      return Key::deny;
    case 'D':
      return Key::deny_group;
    case 'n':
    case '\t':
      return Key::next;
    case 'p':
      return Key::previous;
    case 'v':
      return Key::whole;
    case ' ':
      return Key::further;
    case 'q':
    case '\x04':
      return Key::leave;
    case '\033':
      return read_escape();
    default:
      return Key::none;
  }
}

class LiveView {
 public:
  explicit LiveView(const Common& common) : common_(common) {}

  int run() {
    while (g_signal == 0) {
      if (SteadyClock::now() >= next_poll_) refresh();
      draw();
      const auto wait =
          std::chrono::duration_cast<std::chrono::milliseconds>(next_poll_ - SteadyClock::now());
      const Key key = read_key(wait);
      if (key == Key::end || key == Key::leave) break;
      act(key);
    }
    return kDone;
  }

 private:
  void refresh() {
    next_poll_ = SteadyClock::now() + kPollInterval;
    auto reply = ask_weir(common_, "GET", "/weir/approvals");
    const auto document = reply ? json::parse(*reply) : Result<json::Document>(reply.error());
    if (!document) {
      trouble_ = approval::visible(document.error().text(), 600);
      return take({});
    }
    trouble_.clear();
    std::vector<Card> cards;
    for (const json::Value ask : (*document)["pending"].elements()) cards.push_back(approval::read_card(ask));
    take(std::move(cards));
  }

  // Stays with the ask that is shown while it waits; else goes to what is now in its place.
  void take(std::vector<Card> cards) {
    const std::string was = cards_.empty() ? std::string() : cards_[at_].id;
    cards_ = std::move(cards);
    const auto same = std::find_if(cards_.begin(), cards_.end(), [&](const Card& c) { return c.id == was; });
    if (same != cards_.end()) {
      at_ = static_cast<size_t>(same - cards_.begin());
      return;
    }
    at_ = cards_.empty() ? 0 : std::min(at_, cards_.size() - 1);
    shape_.scroll = 0;
    shape_.whole = false;
    if (was.empty() || cards_.empty()) return;
    // What was typed was meant for the ask that is gone.
    tcflush(STDIN_FILENO, TCIFLUSH);
    settled_ = SteadyClock::now() + kSettle;
  }

  void draw() {
    const approval::Shape now = Terminal::shape();
    shape_.width = now.width;
    shape_.height = now.height;
    shape_.color = now.color;
    const approval::Screen screen = trouble_.empty() ? approval::live_screen(cards_, at_, note_, shape_)
                                                     : approval::trouble_screen(trouble_, shape_);
    scroll_max_ = screen.scroll_max;
    std::string frame = "\033[H";
    for (size_t i = 0; i < screen.lines.size(); ++i)
      frame += (i == 0 ? "" : "\r\n") + screen.lines[i] + "\033[K";
    frame += "\033[J";
    if (frame == drawn_ && g_resized == 0) return;
    g_resized = 0;
    drawn_ = frame;
    Terminal::put(frame);
  }

  void act(Key key) {
    switch (key) {
      case Key::once:
        return answer(Answer::once, false);
      case Key::session:
        return answer(Answer::session, false);
      case Key::always:
        return answer(Answer::always, false);
      case Key::deny:
        return answer(Answer::deny, false);
      case Key::deny_group:
        return answer(Answer::deny, true);
      case Key::next:
        return move(1);
      case Key::previous:
        return move(-1);
      case Key::whole:
        shape_.whole = !shape_.whole;
        shape_.scroll = 0;
        return;
      case Key::further:
        shape_.scroll = shape_.scroll >= scroll_max_ ? 0 : std::min(scroll_max_, shape_.scroll + 4);
        return;
      case Key::none:
      case Key::end:
      case Key::leave:
        return;
    }
  }

  void move(int by) {
    if (cards_.empty()) return;
    at_ = (at_ + cards_.size() + static_cast<size_t>(by)) % cards_.size();
    shape_.scroll = 0;
    shape_.whole = false;
    note_.clear();
  }

  void answer(Answer answer, bool group) {
    if (cards_.empty()) return;
    if (SteadyClock::now() < settled_) {
      note_ = "not taken: another ask had just come up; look, then press it again";
      return;
    }
    const Card shown = cards_[at_];
    for (const Card& card : cards_) {
      const bool meant = group ? card.session_raw == shown.session_raw && card.tool_raw == shown.tool_raw
                               : card.id == shown.id;
      if (!meant) continue;
      json::Writer body;
      body.begin_object().field("answer", approval::answer_name(answer)).end_object();
      const auto reply = ask_weir(common_, "POST", "/weir/approvals/" + card.id, body.take());
      note_ = reply ? fmt::format("{}: {}", card.id, approval::answer_name(answer))
                    : approval::visible(reply.error().text(), 300);
    }
    refresh();
  }

  const Common& common_;
  std::vector<Card> cards_;
  size_t at_ = 0;
  approval::Shape shape_;
  size_t scroll_max_ = 0;
  std::string note_, trouble_, drawn_;
  SteadyClock::time_point next_poll_{}, settled_{};
};

}  // namespace

int run_live(const Common& common) {
  // Nobody wants a screen that says that there is nothing to show.
  if (const auto there = ask_weir(common, "GET", "/weir/approvals"); !there) return fail(there.error());
  const Terminal terminal;
  return LiveView(common).run();
}

}  // namespace weir::cli
