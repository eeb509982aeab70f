#include "conf/conf.h"

#include "conf/native.h"
#include "conf/value.h"

#include <assert.h>
#include <stdlib.h>

void conf_set_defaults(struct conf *conf)
{
    struct buf error = {0};

    *conf = (struct conf){0};
    for (size_t i = 0; i < schema_count(); i++) {
        const struct setting *setting = schema_at(i);
        bool set = value_set(setting, conf, span_of(setting->default_value), &error);

        assert(set);
        (void)set;
    }
    buf_fini(&error);
}

const struct conf_listener *conf_listener_of(const struct conf *conf, enum protocol_id protocol)
{
    assert(protocol < PROTOCOLS_MAX);
    return &conf->listeners[protocol];
}

static bool has_port(const struct inet_ports *ports, unsigned port)
{
    for (size_t i = 0; i < ports->n; i++)
        if (ports->at[i] == port)
            return true;
    return false;
}

bool conf_is_tls_port(const struct conf *conf, enum protocol_id protocol, unsigned port)
{
    return conf->tls.mode == TLS_MODE_INTERCEPT &&
           has_port(&conf_listener_of(conf, protocol)->tls_ports, port);
}

bool conf_is_server_port(const struct conf *conf, enum protocol_id protocol, unsigned port)
{
    return has_port(&conf_listener_of(conf, protocol)->ports, port) || conf_is_tls_port(conf, protocol, port);
}

bool conf_has_interception(const struct conf *conf, enum interception interception)
{
    for (enum protocol_id protocol = 0; protocol < PROTOCOLS_MAX; protocol++) {
        const struct conf_listener *listener = conf_listener_of(conf, protocol);

        if (listener->listen.n && listener->interception == interception)
            return true;
    }
    return false;
}

void conf_command_directory(const struct conf *conf, struct buf *out)
{
    if (*conf->command.directory)
        buf_add(out, span_of(conf->command.directory));
    else
        buf_add_format(out, "%s/scan", conf->spool.directory);
}

static bool is_string(enum setting_type type)
{
    switch (type) {
    case SETTING_TEXT:
    case SETTING_COMMAND:
    case SETTING_REGEX:
    case SETTING_NAME:
    case SETTING_NAME_OR_NONE:
    case SETTING_PATH:
    case SETTING_PATH_OR_NONE:
    case SETTING_SELF_TEST:
    case SETTING_PEERS: return true;
    case SETTING_FLAG:
    case SETTING_NUMBER:
    case SETTING_AUTO:
    case SETTING_MARK:
    case SETTING_BYTES:
    case SETTING_TIME:
    case SETTING_CHOICE:
    case SETTING_ADDRESSES:
    case SETTING_SOCKETS:
    case SETTING_PORTS:
    case SETTING_PORTS_OR_NONE:
    case SETTING_NUMBERS:
    case SETTING_ENGINES:
    case SETTING_LANGUAGES:
    case SETTING_WORDS:
    case SETTING_INTERFACES:
    case SETTING_NETWORKS:
    case SETTING_HOSTS:
    case SETTING_MASKED: return false;
    }
    return false;
}

void conf_fini(struct conf *conf)
{
    for (size_t i = 0; i < schema_count(); i++)
        if (is_string(schema_at(i)->type))
            free(*(char **)((char *)conf + schema_at(i)->offset));
    *conf = (struct conf){0};
}

void conf_print(const struct conf *conf, bool all, struct buf *out)
{
    const char *section = NULL;
    struct buf value = {0};

    for (size_t i = 0; i < schema_count(); i++) {
        const struct setting *setting = schema_at(i);

        if (!all && value_is_default(setting, conf))
            continue;
        if (!section || strcmp(section, setting->section) != 0)
            buf_add_format(out, "%s[%s]\n", section ? "\n" : "", setting->section);
        section = setting->section;
        buf_clear(&value);
        value_print(setting, conf, &value);
        buf_add_format(out, "%s = ", setting->key);
        native_add_value(out, buf_span(&value));
        buf_add_char(out, '\n');
    }
    buf_fini(&value);
}
