#include "cmd/startup_checks.h"

#include "cmd/directory_refused.h"
#include "cmd/kernel_checks.h"
#include "cmd/network_checks.h"
#include "cmd/tls_checks.h"
#include "base/words.h"
#include "base/address.h"
#include "net/listen.h"
#include "net/origdst.h"
#include "proc/parent/child_start.h"
#include "quarantine/quarantine_probe.h"
#include "scan/signature_files.h"
#include "sys/durable.h"
#include "sys/own_directory.h"
#include "sys/probe.h"
#include "sys/program.h"
#include "sys/whole_file.h"

#include "build_config.h"

#include <errno.h>
#include <grp.h>
#include <sys/stat.h>
#include <unistd.h>

/* The package's own directory. If it is missing when a directory directly below it is created, both are
 * created. */
static const char package_directory[] = "/var/spool/postern";

struct check {
    const struct conf *conf;
    enum startup_purpose purpose;
    struct problems *problems;
    struct identity user, keeper;
};

static bool has_engine(const struct conf *conf, enum engine_kind kind)
{
    for (size_t i = 0; i < conf->scan.engines.n; i++)
        if (conf->scan.engines.at[i] == kind)
            return true;
    return false;
}

static bool check_user(struct check *check, enum role role, const char *name, struct identity *identity)
{
    if (!child_identity(check->conf, role, identity)) {
        problems_add(check->problems, true, "there is no user %s", name);
        return false;
    }
    if (identity->uid == 0)
        problems_add(check->problems, true,
                     "user %s is root: processes that handle mail must not run as root", name);
    return identity->uid != 0;
}

static bool check_users(struct check *check)
{
    const char *user = check->conf->postern.user, *keeper = check->conf->quarantine.user;
    struct identity named;
    bool is_valid;

    if (geteuid() != 0 && (!privileges_find(user, &named) || named.uid != geteuid()))
        problems_add(check->problems, false,
                     "not started as root: [postern] user = %s is ignored, all processes run as user %u",
                     user, geteuid());
    is_valid = check_user(check, ROLE_RELAY, user, &check->user);
    check->keeper = check->user;
    return (!*keeper || check_user(check, ROLE_KEEPER, keeper, &check->keeper)) && is_valid;
}

static void check_port(struct check *check, const union inet_address *address)
{
    char text[ADDRESS_TEXT_SIZE];
    bool may_be_service;

    if (listen_is_free(address))
        return;
    may_be_service = errno == EADDRINUSE && check->purpose == STARTUP_CHECK;
    address_format(&address->any, text);
    problems_add(check->problems, !may_be_service, "cannot listen on %s: %s%s", text, strerror(errno),
                 may_be_service ? " (no error if the running service uses it)" : "");
}

static void check_listener(struct check *check, enum protocol_id protocol)
{
    const struct conf_listener *listener = conf_listener_of(check->conf, protocol);
    union inet_address target = listener->target.at[0];
    bool is_fixed = listener->interception == INTERCEPTION_FIXED && listener->target.n == 1;

    for (size_t i = 0; check->purpose != STARTUP_RELOAD && i < listener->listen.n; i++)
        check_port(check, &listener->listen.at[i]);
    if (is_fixed && origdst_check(check->conf, protocol, &target, origdst_is_own) != ERR_NONE)
        problems_add(check->problems, true, "[%s] target is this service itself",
                     protocol_id_section(protocol));
}

static void check_network(struct check *check)
{
    for (enum protocol_id protocol = 0; protocol < PROTOCOLS_MAX; protocol++)
        if (conf_listener_of(check->conf, protocol)->listen.n)
            check_listener(check, protocol);
}

static void check_directory(struct check *check, const char *what, const char *path,
                            const struct identity *user)
{
    int reason = probe_access(path, R_OK | W_OK | X_OK, user);

    if (reason == ENOENT && own_directory_is_possible(path, package_directory))
        return;
    if (reason)
        directory_refused(check->problems, what, path, user, reason);
}

static int run_probe(void *context, struct buf *error)
{
    int directory = durable_open_directory(context, error);
    int reason = directory < 0 ? errno : quarantine_probe(directory, error);

    if (directory >= 0)
        close(directory);
    return reason;
}

/* Returns whether the error may disappear while the service runs. Such an error does not prevent a start. */
static bool is_temporary(int reason)
{
    return reason == ENOSPC || reason == EDQUOT || reason == EROFS;
}

static void check_store(struct check *check)
{
    const char *path = check->conf->quarantine.directory;
    struct buf error = {0};
    int reason = probe_access(path, R_OK | W_OK | X_OK, &check->keeper) == 0
                     ? probe_run(&check->keeper, run_probe, (void *)(uintptr_t)path, &error)
                     : 0;

    if (reason)
        problems_add(check->problems, check->purpose == STARTUP_CHECK || !is_temporary(reason),
                     "quarantine directory %s cannot take a file: %s", path,
                     error.n ? buf_c_str(&error) : strerror(reason));
    buf_fini(&error);
}

static bool has_signatures(struct span names)
{
    for (size_t at = 0; at < names.n; at += strlen(names.p + at) + 1)
        if (signature_files_name_detects(names.p + at))
            return true;
    return false;
}

static void check_builtin(struct check *check)
{
    const char *database = check->conf->builtin.database;
    int reason = probe_access(database, R_OK | X_OK, &check->user);
    struct buf names = {0}, error = {0}, program = {0};

    if (reason)
        problems_add(check->problems, true, "signature directory %s: %s; freshclam creates and fills it",
                     database, strerror(reason));
    else if (!whole_file_list(database, "", &names, &error))
        problems_add(check->problems, true, "signature directory %s: %s", database, buf_c_str(&error));
    else if (!has_signatures(buf_span(&names)))
        problems_add(check->problems, true, "no virus signatures in %s: run freshclam first", database);
    program_find(&program, POSTERN_LIBEXEC_DIR, "postern-clamav");
    reason = probe_access(buf_c_str(&program), X_OK, &check->user);
    if (reason)
        problems_add(check->problems, true, "engine program %s: %s", buf_c_str(&program), strerror(reason));
    buf_fini(&names);
    buf_fini(&error);
    buf_fini(&program);
}

/* Checks the group and mode of a directory that exists. A directory that the service creates as root has the
 * right ones. */
static void check_group(struct check *check)
{
    const char *name = check->conf->command.group, *path = check->conf->command.directory;
    const struct group *group = *name ? getgrnam(name) : NULL;
    struct stat status;

    if (!*name)
        return;
    if (!group)
        problems_add(check->problems, true, "[command] group: there is no group %s", name);
    else if (stat(path, &status) == 0 &&
             (status.st_gid != group->gr_gid || (status.st_mode & 07777) != 02710))
        problems_add(
            check->problems, true,
            "[command] directory %s does not belong to group %s, or its mode is not 2710: chgrp %s %s; "
            "chmod 2710 %s",
            path, name, name, path, path);
}

static void check_command(struct check *check)
{
    struct words words = {0};
    int reason;

    /* An invalid command line was reported when the configuration was read. */
    if (words_init(&words, span_of(check->conf->command.run)))
        return;
    reason = probe_access(words.at[0], X_OK, &check->user);
    if (reason)
        problems_add(check->problems, true, "[command] run: %s: %s", words.at[0], strerror(reason));
    words_fini(&words);
    if (*check->conf->command.directory)
        check_directory(check, "command", check->conf->command.directory, &check->user);
    check_group(check);
}

static void check_self_test(struct check *check)
{
    const char *file = check->conf->scan.self_test;
    int reason = *file == '/' ? probe_access(file, R_OK, &check->user) : 0;

    if (reason)
        problems_add(check->problems, true, "[scan] self_test: %s: %s", file, strerror(reason));
}

static void check_pid_file(struct check *check)
{
    const char *path = check->conf->postern.pid_file;

    if (*path && !own_directory_is_possible(path, package_directory))
        problems_add(check->problems, true, "pid file %s: its directory does not exist or is not writable",
                     path);
}

static bool passes_tls(const struct conf *conf)
{
    for (enum protocol_id protocol = 0; protocol < PROTOCOLS_MAX; protocol++)
        if (conf_listener_of(conf, protocol)->listen.n && conf_listener_of(conf, protocol)->tls == TLS_PASS)
            return true;
    return false;
}

static void add_warnings(struct check *check)
{
    if (check->purpose == STARTUP_CHECK)
        kernel_warn(check->problems);
    if (check->purpose == STARTUP_CHECK && check->conf->tls.mode == TLS_MODE_OFF && passes_tls(check->conf))
        problems_add(check->problems, false,
                     "tls = pass: a session that asks for STLS goes on encrypted and is not scanned");
    if (check->purpose == STARTUP_CHECK && check->conf->upstream.source == SOURCE_CLIENT)
        problems_add(check->problems, false,
                     "source = client: unless the router sends the servers' replies back to this host, "
                     "every connection to a server times out");
}

static void check_as_users(struct check *check, unsigned parts)
{
    const struct conf *conf = check->conf;

    if (parts & STARTUP_UPSTREAM)
        network_check_upstream(conf, &check->user, check->problems);
    if (parts & STARTUP_QUARANTINE)
        check_directory(check, "quarantine", conf->quarantine.directory, &check->keeper);
    if (parts & STARTUP_STORE)
        check_store(check);
    if (parts & STARTUP_SPOOL)
        check_directory(check, "spool", conf->spool.directory, &check->user);
    if (parts & STARTUP_ENGINES)
        check_self_test(check);
    if (parts & STARTUP_ENGINES && has_engine(conf, ENGINE_BUILTIN))
        check_builtin(check);
    if (parts & STARTUP_ENGINES && has_engine(conf, ENGINE_COMMAND))
        check_command(check);
}

void startup_check_parts(const struct conf *conf, enum startup_purpose purpose, unsigned parts,
                         struct problems *problems)
{
    struct problems ignored = {0};
    struct check check = {.conf = conf, .purpose = purpose, .problems = problems};
    bool has_users;

    if (parts & STARTUP_KERNEL)
        kernel_check(problems);
    if (parts & STARTUP_NETWORK)
        check_network(&check);
    if (parts & STARTUP_PID_FILE)
        check_pid_file(&check);
    if (parts & STARTUP_INTERCEPTION)
        network_check_interception(conf, problems);
    if (parts & STARTUP_TLS)
        tls_check(conf, purpose == STARTUP_CHECK, problems);
    check.problems = parts & STARTUP_USERS ? problems : &ignored;
    has_users = check_users(&check);
    check.problems = problems;
    if (has_users)
        check_as_users(&check, parts);
    if (parts & STARTUP_ADVICE)
        add_warnings(&check);
    problems_fini(&ignored);
}

void startup_check(const struct conf *conf, enum startup_purpose purpose, struct problems *problems)
{
    startup_check_parts(conf, purpose, purpose == STARTUP_CHECK ? ~0U : ~(unsigned)STARTUP_STORE, problems);
}

static bool make_directory(const struct conf *conf, enum role role, const char *path,
                           struct problems *problems)
{
    struct identity owner;

    if (child_identity(conf, role, &owner) && own_directory_make(path, package_directory, &owner))
        return true;
    problems_add(problems, true, "creating directory %s: %s", path, strerror(errno));
    return false;
}

static bool make_command_directory(const struct conf *conf, struct problems *problems)
{
    const struct group *group = *conf->command.group ? getgrnam(conf->command.group) : NULL;
    const char *path = conf->command.directory;
    struct identity owner;

    if (!has_engine(conf, ENGINE_COMMAND) || !*path)
        return true;
    if (child_identity(conf, ROLE_SCAN, &owner) &&
        (group ? own_directory_make_shared(path, package_directory, &owner, group->gr_gid)
               : own_directory_make(path, package_directory, &owner)))
        return true;
    problems_add(problems, true, "creating directory %s: %s", path, strerror(errno));
    return false;
}

bool startup_make_directories(const struct conf *conf, struct problems *problems)
{
    bool is_made = make_directory(conf, ROLE_KEEPER, conf->quarantine.directory, problems);

    is_made = make_directory(conf, ROLE_RELAY, conf->spool.directory, problems) && is_made;
    return make_command_directory(conf, problems) && is_made;
}
