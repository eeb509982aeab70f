/* apply, killed after any step, or with a failing step, in a network namespace of its own. Tests with failing
 * or killed tools are in tests/e2e/test_gateway_faults.py. */
#include "tests/unit/in_a_process.h"

#include "net/sysctl.h"
#include "gateway/apply/gateway_apply.h"
#include "gateway/apply/gateway_remove.h"
#include "gateway/apply/gateway_steps.h"
#include "sys/tool.h"

#include <arpa/inet.h>
#include <sched.h>
#include <stdlib.h>

static struct conf conf;
static struct gateway_facts facts = {.has_ipv6 = true};
static struct gateway_plan plan;
static const struct gateway gateway = {&conf, &facts, &plan};
static char directory[] = "/tmp/test_gateway_steps.XXXXXX";

static bool run_tool(const char *const *argv, const char *input, struct buf *out)
{
    struct tool_result result;
    bool is_done = tool_run(argv, span_of(input), 20000, &result);

    buf_add(out, buf_span(&result.output));
    tool_result_fini(&result);
    return is_done;
}

static void add_value(void *context, const char *path)
{
    struct buf value = {0};

    sysctl_read(path, &value);
    buf_add_format(context, "%s = %s\n", path, buf_c_str(&value));
    buf_fini(&value);
}

/* Returns everything that can be changed, as text. */
static struct buf state_of_kernel(void)
{
    struct buf state = {0};

    run_tool((const char *[]){"nft", "list", "ruleset", NULL}, "", &state);
    run_tool((const char *[]){"ip", "-4", "rule", NULL}, "", &state);
    run_tool((const char *[]){"ip", "-6", "rule", NULL}, "", &state);
    run_tool((const char *[]){"ip", "-4", "route", "show", "table", "all", NULL}, "", &state);
    /* Without the routes of multicast: the kernel adds them some time after a link is up. */
    run_tool((const char *[]){"ip", "-6", "route", "show", "table", "all", "type", "unicast", NULL}, "",
             &state);
    run_tool((const char *[]){"ip", "-6", "route", "show", "table", "all", "type", "unreachable", NULL}, "",
             &state);
    for (size_t i = 0; i < 3; i++)
        sysctl_each("net/ipv4/conf",
                    ((const char *[]){"forwarding", "accept_redirects", "send_redirects"})[i], add_value,
                    &state);
    sysctl_each("net/ipv6/conf", "forwarding", add_value, &state);
    add_value(&state, "net/ipv4/ip_forward");
    return state;
}

static bool is_state(const struct buf *wanted)
{
    struct buf state = state_of_kernel();
    bool is = span_eq(buf_span(&state), buf_span(wanted));

    if (!is)
        fprintf(stderr, "wanted:\n%.*s\nis:\n%.*s\n", (int)wanted->n, wanted->p, (int)state.n, state.p);
    buf_fini(&state);
    return is;
}

static void add_sysctl(const char *path, bool enables_forwarding, const char *value)
{
    struct gateway_sysctl *sysctl = &plan.sysctls[plan.sysctl_count++];

    snprintf(sysctl->path, sizeof sysctl->path, "%s", path);
    sysctl->enables_forwarding = enables_forwarding;
    sysctl->value = value;
    sysctl->why = "";
}

static void make_plan(uint32_t table)
{
    struct gateway_route route = {.family = AF_INET, .table = table, .metric = 100};

    gateway_plan_fini(&plan);
    route.via.in.sin_family = AF_INET;
    inet_pton(AF_INET, "192.168.7.3", &route.via.in.sin_addr);
    plan.routes[plan.route_count++] = route;
    plan.routes[plan.route_count++] = (struct gateway_route){
        .family = AF_INET6, .table = table, .metric = 4000, .kind = GATEWAY_ROUTE_UNREACHABLE};
    for (int six = 0; six < 2; six++)
        plan.rules[plan.rule_count++] = (struct gateway_rule){.family = six ? AF_INET6 : AF_INET,
                                                              .priority = GATEWAY_RULE_PRIORITY,
                                                              .table = table,
                                                              .mark = {table, UINT32_MAX}};
    add_sysctl("net/ipv4/conf/eth7/send_redirects", false, "0");
    add_sysctl("net/ipv4/ip_forward", true, "1");
    add_sysctl("net/ipv6/conf/all/forwarding", true, "1");
    buf_add_format(&plan.nft,
                   "table inet postern { chain divert { type filter hook prerouting priority raw; "
                   "tcp dport %u comment \"mail\"; }; }\n",
                   table);
}

static bool set_up_network(void)
{
    struct buf out = {0};
    bool is_laid =
        unshare(CLONE_NEWNET) == 0 && sysctl_write("net/ipv6/conf/default/accept_dad", SPAN("0")) &&
        run_tool(
            (const char *[]){"ip", "-batch", "-", NULL},
            "link set lo up\nlink add eth7 type veth peer name other\n"
            "link set eth7 addrgenmode none\nlink set other addrgenmode none\n" /* they would come later */
            "link set eth7 up\nlink set other up\n"
            "addr add 192.168.7.2/24 dev eth7\n",
            &out) &&
        sysctl_write("net/ipv4/ip_forward", SPAN("0")) &&
        sysctl_write("net/ipv4/conf/lo/forwarding", SPAN("1")) &&
        sysctl_write("net/ipv4/conf/all/accept_redirects", SPAN("1"));

    buf_fini(&out);
    conf.postern.runtime_directory = directory;
    make_plan(200);
    return is_laid && mkdtemp(directory);
}

/* Runs the first n steps, like a process killed after them. */
static bool run_steps(size_t n)
{
    struct gateway_work work;
    struct buf error = {0};
    bool is_done = gateway_work_begin(&work, &gateway, &error);

    for (size_t i = 0; is_done && i < n; i++)
        is_done = gateway_steps[i].run(&work, &error);
    if (!is_done)
        fprintf(stderr, "%s\n", buf_c_str(&error));
    gateway_work_fini(&work);
    buf_fini(&error);
    return is_done;
}

static enum gateway_applied apply(void)
{
    struct buf error = {0};
    enum gateway_applied applied = gateway_apply(&gateway, &error);

    if (error.n)
        fprintf(stderr, "%s\n", buf_c_str(&error));
    buf_fini(&error);
    return applied;
}

static bool remove_all(void)
{
    struct problems warnings = {0};
    struct buf error = {0};
    enum gateway_removed removed = gateway_remove(directory, &plan, &warnings, &error);

    if (error.n)
        fprintf(stderr, "%s\n", buf_c_str(&error));
    buf_fini(&error);
    removed = warnings.n ? GATEWAY_REMOVE_FAILED : removed;
    problems_fini(&warnings);
    return removed != GATEWAY_REMOVE_FAILED;
}

static bool leave(void)
{
    return rmdir(directory) == 0;
}

/* Applies the plan, and keeps the state of the kernel before and after. */
static bool begin_applied(struct buf *before, struct buf *applied)
{
    if (!set_up_network())
        return false;
    *before = state_of_kernel();
    if (apply() != GATEWAY_APPLY_DONE)
        return false;
    *applied = state_of_kernel();
    return true;
}

static int end(struct buf *before, struct buf *applied)
{
    buf_fini(before);
    buf_fini(applied);
    return leave() ? 0 : 1;
}

static int killed_after_any_step(void)
{
    struct buf before, applied;

    EXPECT(begin_applied(&before, &applied));
    EXPECT(apply() == GATEWAY_APPLY_NOTHING && is_state(&applied));
    EXPECT(remove_all() && is_state(&before));
    for (size_t n = 0; n <= GATEWAY_STEPS; n++) {
        EXPECT(run_steps(n));
        EXPECT(apply() == (n == GATEWAY_STEPS ? GATEWAY_APPLY_NOTHING : GATEWAY_APPLY_DONE));
        EXPECT(is_state(&applied));
        EXPECT(remove_all() && is_state(&before));
        EXPECT(run_steps(n) && remove_all() && is_state(&before));
    }
    return end(&before, &applied);
}

/* Interrupts the change to another plan; then returns to the first one, or removes everything. */
static int changes_of_the_plan_survive_interruption(void)
{
    struct buf before, applied;

    EXPECT(begin_applied(&before, &applied));
    for (size_t n = 0; n <= GATEWAY_STEPS; n++) {
        make_plan(300);
        EXPECT(run_steps(n));
        make_plan(200);
        EXPECT(apply() != GATEWAY_APPLY_FAILED && is_state(&applied));
        make_plan(300);
        EXPECT(run_steps(n) && remove_all() && is_state(&before));
        make_plan(200);
        EXPECT(apply() == GATEWAY_APPLY_DONE && is_state(&applied));
    }
    EXPECT(remove_all() && is_state(&before));
    return end(&before, &applied);
}

static bool fail_at_once(struct gateway_work *work, struct buf *error)
{
    buf_add(error, SPAN("no luck"));
    return false;
}

static bool (*run_step)(struct gateway_work *work, struct buf *error);

static bool fail_after(struct gateway_work *work, struct buf *error)
{
    return run_step(work, error) && fail_at_once(work, error);
}

static bool fails(size_t n, bool is_done)
{
    struct gateway_step steps[GATEWAY_STEPS];
    struct gateway_work work;
    struct buf error = {0};
    bool is_well;

    memcpy(steps, gateway_steps, sizeof steps);
    run_step = steps[n].run;
    steps[n].run = is_done ? fail_after : fail_at_once;
    is_well = gateway_work_begin(&work, &gateway, &error) &&
              !gateway_work_run(&work, steps, GATEWAY_STEPS, &error) &&
              strstr(buf_c_str(&error), "no luck") && strstr(buf_c_str(&error), "all changes were undone");
    gateway_work_fini(&work);
    buf_fini(&error);
    return is_well;
}

static int a_step_that_fails_is_undone(void)
{
    struct buf before, applied;

    EXPECT(set_up_network());
    before = state_of_kernel();
    for (size_t n = 0; n < GATEWAY_STEPS; n++)
        EXPECT(fails(n, false) && is_state(&before) && fails(n, true) && is_state(&before));
    EXPECT(apply() == GATEWAY_APPLY_DONE);
    applied = state_of_kernel();
    make_plan(300);
    for (size_t n = 0; n < GATEWAY_STEPS; n++)
        EXPECT(fails(n, false) && is_state(&applied) && fails(n, true) && is_state(&applied));
    EXPECT(remove_all() && is_state(&before));
    return end(&before, &applied);
}

/* Applies the plan. Step `failed` fails after it was done. Then only the step before it and the journal can
 * be undone. */
static bool fails_for_good(size_t failed)
{
    struct gateway_step steps[GATEWAY_STEPS];
    struct gateway_work work;
    struct buf error = {0};
    bool is_well;

    memcpy(steps, gateway_steps, sizeof steps);
    run_step = steps[failed].run;
    steps[failed].run = fail_after;
    for (size_t i = 1; i < GATEWAY_STEPS - 1; i++)
        steps[i].undo = i == failed - 1 ? steps[i].undo : fail_at_once;
    is_well = gateway_work_begin(&work, &gateway, &error) &&
              !gateway_work_run(&work, steps, GATEWAY_STEPS, &error) &&
              strstr(buf_c_str(&error), "could not be undone: no luck") &&
              strstr(buf_c_str(&error), "; the journal is kept") &&
              !strstr(buf_c_str(&error), "changes were undone");
    gateway_work_fini(&work);
    buf_fini(&error);
    return is_well;
}

static int a_failed_first_apply_that_cannot_be_undone_is_removed_later(void)
{
    struct buf before;

    EXPECT(set_up_network());
    before = state_of_kernel();
    for (size_t failed = 2; failed < GATEWAY_STEPS; failed++)
        EXPECT(fails_for_good(failed) && remove_all() && is_state(&before));
    buf_fini(&before);
    return leave() ? 0 : 1;
}

/* Afterwards the earlier plan can be applied again, and everything can be removed. */
static int a_failed_change_that_cannot_be_undone_is_removed_later(void)
{
    struct buf before, applied;

    EXPECT(begin_applied(&before, &applied));
    for (size_t failed = 2; failed < GATEWAY_STEPS; failed++) {
        make_plan(300);
        EXPECT(fails_for_good(failed));
        make_plan(200);
        EXPECT(apply() == GATEWAY_APPLY_DONE && is_state(&applied));
        make_plan(300);
        EXPECT(fails_for_good(failed) && remove_all() && is_state(&before));
        make_plan(200);
        EXPECT(apply() == GATEWAY_APPLY_DONE && is_state(&applied));
    }
    EXPECT(remove_all() && is_state(&before));
    return end(&before, &applied);
}

#define ROOT_TEST(body)                          \
    static void body##_as_root(void **state)     \
    {                                            \
        if (geteuid() != 0)                      \
            skip();                              \
        assert_int_equal(in_a_process(body), 0); \
    }

ROOT_TEST(killed_after_any_step)
ROOT_TEST(changes_of_the_plan_survive_interruption)
ROOT_TEST(a_step_that_fails_is_undone)
ROOT_TEST(a_failed_first_apply_that_cannot_be_undone_is_removed_later)
ROOT_TEST(a_failed_change_that_cannot_be_undone_is_removed_later)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(killed_after_any_step_as_root),
        cmocka_unit_test(changes_of_the_plan_survive_interruption_as_root),
        cmocka_unit_test(a_step_that_fails_is_undone_as_root),
        cmocka_unit_test(a_failed_first_apply_that_cannot_be_undone_is_removed_later_as_root),
        cmocka_unit_test(a_failed_change_that_cannot_be_undone_is_removed_later_as_root),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
