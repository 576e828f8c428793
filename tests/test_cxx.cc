/* SPDX-License-Identifier: MIT */
/*
 * test_cxx.cc - exceptions in contexts: each has those of its own. A program of
 * its own kind, for Check is for C.
 */
#include <cstring>
#include <exception>
#include <stdexcept>
#include <string>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

#include <eddy/stack.h>

#include "arch/promises.h"

namespace
{

/* A context that takes turns with the one that made it. */
class Context
{
  public:
    explicit Context(void (*run)(Context &)) : run(run)
    {
        REQUIRE(eddy_stacks_new(&stacks, nullptr) == 0);
        REQUIRE(eddy_stack_take(stacks, 256 * 1024, "test", nullptr, &stack) ==
                0);
        eddy_context_here(&here);
        eddy_context_init(&there, stack, begin, 0);
    }
    Context(const Context &) = delete;
    Context &operator=(const Context &) = delete;
    ~Context()
    {
        eddy_context_done(&there);
        eddy_stack_give(stacks, stack);
        eddy_stacks_free(stacks);
    }

    void resume()
    {
        (void)eddy_switch(&here, &there, this);
    }
    void yield()
    {
        (void)eddy_switch(&there, &here, nullptr);
    }

    std::string seen;
    bool done = false;

  private:
    static void begin(eddy_context *, void *passed)
    {
        Context &self = *static_cast<Context *>(passed);

        self.run(self);
        self.done = true;
        eddy_switch_away(&self.there, &self.here, nullptr);
    }

    void (*run)(Context &);
    eddy_stacks *stacks;
    eddy_stack stack;
    eddy_context here, there;
};

/* ---- Catching ----------------------------------------------------------- */

void fall(int depth)
{
    std::string kept(static_cast<size_t>(depth) + 30, 'x');

    if (depth == 0)
        throw std::runtime_error("from below");
    fall(depth - 1);
}

void throw_and_catch(Context &context)
{
    for (int i = 0; i < 50; i++) {
        try {
            fall(i);
        } catch (const std::runtime_error &error) {
            context.seen = error.what();
        }
        context.yield();
    }
}

void what_is_thrown_is_caught()
{
    Context context(throw_and_catch);

    while (!context.done)
        context.resume();
    REQUIRE(context.seen == "from below");
}

/* ---- Yielding in the middle of it --------------------------------------- */

template <int number> void rethrow_late(Context &context)
{
    try {
        try {
            throw number;
        } catch (...) {
            context.yield();
            try {
                throw std::to_string(number);
            } catch (...) {
                context.yield();
                try {
                    throw;
                } catch (const std::string &text) {
                    context.seen += text;
                }
            }
            context.yield();
            throw;
        }
    } catch (int n) {
        context.yield();
        context.seen += " " + std::to_string(n);
    }
}

void each_rethrows_its_own()
{
    Context one(rethrow_late<1>), two(rethrow_late<2>), three(rethrow_late<3>);

    try {
        throw 4;
    } catch (int) {
        for (int i = 0; i < 5; i++) {
            one.resume();
            two.resume();
            if (i % 2 == 0)
                three.resume();
        }
        three.resume();
        three.resume();
        try {
            throw;
        } catch (int n) {
            REQUIRE(n == 4);
        }
    }
    REQUIRE(std::current_exception() == nullptr);
    REQUIRE(one.done && one.seen == "1 1");
    REQUIRE(two.done && two.seen == "2 2");
    REQUIRE(three.done && three.seen == "3 3");
}

void ends_in_another_order()
{
    Context one(rethrow_late<1>), two(rethrow_late<2>);

    one.resume();
    two.resume();
    while (!one.done)
        one.resume();
    while (!two.done)
        two.resume();
    REQUIRE(one.seen == "1 1" && two.seen == "2 2");
}

/* ---- Unwinding ---------------------------------------------------------- */

struct Yields {
    explicit Yields(Context &context) : context(context)
    {
    }
    ~Yields()
    {
        REQUIRE(std::uncaught_exceptions() == 1);
        context.yield();
        REQUIRE(std::uncaught_exceptions() == 1);
    }
    Context &context;
};

void yield_in_a_destructor(Context &context)
{
    try {
        Yields yields(context);

        throw 1;
    } catch (int n) {
        REQUIRE(std::uncaught_exceptions() == 0);
        context.seen = std::to_string(n);
    }
}

void each_unwinds_on_its_own()
{
    Context one(yield_in_a_destructor), two(yield_in_a_destructor);

    one.resume();
    REQUIRE(std::uncaught_exceptions() == 0);
    two.resume();
    REQUIRE(std::uncaught_exceptions() == 0);
    one.resume();
    two.resume();
    REQUIRE(one.done && two.done && one.seen == "1" && two.seen == "1");
}

/* ---- From one to another ------------------------------------------------ */

std::exception_ptr parcel;

void send_one(Context &)
{
    try {
        fall(3);
    } catch (...) {
        parcel = std::current_exception();
    }
}

void exceptions_may_be_handed_over()
{
    Context context(send_one);

    context.resume();
    try {
        std::rethrow_exception(parcel);
    } catch (const std::runtime_error &error) {
        REQUIRE(std::strcmp(error.what(), "from below") == 0);
        parcel = nullptr;
        return;
    }
    REQUIRE(!"caught");
}

/* ---- Escaping ----------------------------------------------------------- */

void let_it_escape(Context &)
{
    fall(3);
}

void escape_after_a_switch(Context &context)
{
    context.yield();
    fall(3);
}

int exit_status_of(void (*run)(Context &))
{
    pid_t child = fork();
    int status;

    REQUIRE(child >= 0);
    if (child == 0) {
        std::set_terminate([] { _exit(42); });
        try {
            Context context(run);

            while (!context.done)
                context.resume();
        } catch (...) {
            _exit(1); /* it went over the end of the stack */
        }
        _exit(2);
    }
    REQUIRE(waitpid(child, &status, 0) == child);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

void what_escapes_terminates()
{
    REQUIRE(exit_status_of(let_it_escape) == 42);
    REQUIRE(exit_status_of(escape_after_a_switch) == 42);
}

void so_it_is_in_threads()
{
    std::thread one(each_rethrows_its_own), two(each_rethrows_its_own);

    one.join();
    two.join();
}

} /* namespace */

int main()
{
    KEPT(what_is_thrown_is_caught);
    KEPT(each_rethrows_its_own);
    KEPT(ends_in_another_order);
    KEPT(each_unwinds_on_its_own);
    KEPT(exceptions_may_be_handed_over);
    KEPT(what_escapes_terminates);
    KEPT(so_it_is_in_threads);
    return 0;
}
