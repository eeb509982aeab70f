#include "cmd/quarantine/quarantine_change.h"

#include "cmd/cmd.h"
#include "cmd/quarantine/quarantine_backend.h"
#include "cmd/quarantine/quarantine_output.h"
#include "quarantine/incident_json.h"

static bool ask(struct quarantine_backend *backend, enum quarantine_verb verb,
                const struct quarantine_options *options, const char *id, struct quarantine_answer *answer)
{
    struct quarantine_request request = {.verb = (uint8_t)verb, .everyone = options->everyone};

    if (id)
        quarantine_options_id(id, request.id);
    quarantine_backend_ask(backend, &request, answer);
    if (answer->result == QUARANTINE_DONE)
        return true;
    quarantine_fail(id ? id : "expire", answer->text);
    return false;
}

static int print_release(const struct quarantine_answer *answer)
{
    struct buf text = {0};
    char until[INCIDENT_TIME_SIZE];

    incident_time(answer->until_s, until);
    if (answer->everyone)
        buf_add_format(&text, "%s: released for everyone", answer->id);
    else
        buf_add_format(&text, "%s: released for %s at %s", answer->id, answer->user, answer->server);
    buf_add_format(&text,
                   " until %s.\n"
                   "If the message is still on the server, it is delivered when it is fetched again;\n"
                   "otherwise: postern quarantine export %.12s\n",
                   until, answer->id);
    return quarantine_output(&text);
}

static json_t *release_json(const struct quarantine_answer *answer)
{
    char until[INCIDENT_TIME_SIZE];

    incident_time(answer->until_s, until);
    return json_pack("{s:s, s:s, s:s, s:s, s:s}", "id", answer->id, "released_until", until, "released_to",
                     answer->everyone ? "everyone" : "user", "user", answer->user, "server", answer->server);
}

static int release(struct quarantine_backend *backend, const struct quarantine_options *options)
{
    struct quarantine_answer answer;

    if (!ask(backend, QUARANTINE_RELEASE, options, options->ids[0], &answer))
        return CMD_FAILED;
    return options->json ? quarantine_output_json(release_json(&answer)) : print_release(&answer);
}

/* If the argument is not valid UTF-8, the id is null. */
static json_t *failed_json(const char *given, const struct quarantine_answer *answer)
{
    json_t *id = json_string(given);

    return json_pack("{s:o, s:b, s:s}", "id", id ? id : json_null(), "deleted", 0, "error", answer->text);
}

static json_t *deleted_json(const struct quarantine_answer *answer)
{
    return json_pack("{s:s, s:b, s:I}", "id", answer->id, "deleted", 1, "freed_bytes",
                     (json_int_t)answer->freed_bytes);
}

static int delete (struct quarantine_backend *backend, const struct quarantine_options *options)
{
    struct buf text = {0};
    json_t *all = json_array();
    bool are_all_deleted = true;
    int printed;

    for (size_t i = 0; i < options->id_count; i++) {
        struct quarantine_answer answer;
        bool is_deleted = ask(backend, QUARANTINE_DELETE, options, options->ids[i], &answer);

        json_array_append_new(all,
                              is_deleted ? deleted_json(&answer) : failed_json(options->ids[i], &answer));
        if (is_deleted)
            buf_add_format(&text, "%s: deleted\n", answer.id);
        are_all_deleted = are_all_deleted && is_deleted;
    }
    if (options->json)
        buf_clear(&text);
    printed = options->json ? quarantine_output_json(json_incref(all)) : quarantine_output(&text);
    json_decref(all);
    buf_fini(&text);
    return are_all_deleted ? printed : CMD_FAILED;
}

static int expire(struct quarantine_backend *backend, const struct quarantine_options *options)
{
    struct quarantine_answer answer;
    struct buf text = {0};

    if (!ask(backend, QUARANTINE_EXPIRE, options, NULL, &answer))
        return CMD_FAILED;
    if (options->json)
        return quarantine_output_json(json_pack("{s:i, s:I}", "removed", (int)answer.removed, "freed_bytes",
                                                (json_int_t)answer.freed_bytes));
    buf_add_format(&text, "expired: %u, %llu bytes of originals\n", answer.removed,
                   (unsigned long long)answer.freed_bytes);
    return quarantine_output(&text);
}

static int change(const struct conf *conf, const struct quarantine_options *options,
                  int (*run)(struct quarantine_backend *, const struct quarantine_options *))
{
    struct quarantine_backend backend;
    struct buf error = {0};
    int status;

    if (quarantine_backend_open(&backend, conf, &error))
        status = run(&backend, options);
    else
        status = quarantine_fail(buf_c_str(&error), "");
    quarantine_backend_close(&backend);
    buf_fini(&error);
    return status;
}

int quarantine_change_release(const struct conf *conf, const struct quarantine_options *options)
{
    return change(conf, options, release);
}

int quarantine_change_delete(const struct conf *conf, const struct quarantine_options *options)
{
    return change(conf, options, delete);
}

int quarantine_change_expire(const struct conf *conf, const struct quarantine_options *options)
{
    return change(conf, options, expire);
}
