// A Store on a thread of its own, so that the event loop never waits for the disk.
//
// Jobs run one at a time in the order they were given. Jobs given with write() that wait together share one
// transaction and one sync (group commit); their answers are posted after it is durable. The queue is bounded
// by kStoreQueueMax: past it, the answer is Code::unavailable. Closing runs what waits.
//
// Threads: any thread may give jobs. Jobs run on the store's thread, answers through `post`.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>

#include "base/error.h"
#include "store/store.h"

namespace weir {

class StoreThread {
 public:
  using Post = std::function<void(std::function<void()>)>;

  // `post` hands a job to the caller's loop; it is called on the store's thread and must outlive this.
  StoreThread(std::unique_ptr<Store> store, Post post);
  ~StoreThread();
  StoreThread(const StoreThread&) = delete;
  StoreThread& operator=(const StoreThread&) = delete;

  // A job outside any transaction (reads, take_ticket); `done`, run through `post`, gets what it returned.
  template <class T>
  void run(std::function<Result<T>(Store&)> job, std::function<void(Result<T>)> done);

  // A write that may share its transaction with others. If the transaction fails, every one of them gets the
  // error. `done` may be absent.
  void write(std::function<Status(Store&)> job, std::function<void(Status)> done = {});

 private:
  struct Job {
    std::function<std::function<void()>(Store&)> run;  // gives the answer to post
    std::function<Status(Store&)> write;               // or this, in a shared transaction
    std::function<void(Status)> done;
  };
  bool enqueue(Job job);
  void loop();
  void commit(std::deque<Job>& jobs);

  std::unique_ptr<Store> store_;
  Post post_;
  std::mutex mutex_;  // guards queue_ and closing_
  std::condition_variable wake_;
  std::deque<Job> queue_;
  bool closing_ = false;
  std::thread thread_;
};

template <class T>
void StoreThread::run(std::function<Result<T>(Store&)> job, std::function<void(Result<T>)> done) {
  Job queued;
  queued.run = [job = std::move(job), done](Store& store) -> std::function<void()> {
    auto answer = std::make_shared<Result<T>>(job(store));  // shared: std::function must be copyable
    return [done, answer] { done(std::move(*answer)); };
  };
  if (!enqueue(std::move(queued))) {
    post_([done] { done(unavailable("the store has too much to do")); });
  }
}

}  // namespace weir
