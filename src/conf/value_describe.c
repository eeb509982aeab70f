#include "conf/value.h"

#include "base/token.h"
#include "base/units.h"
#include "conf/value_list.h"

static void describe_range(const struct setting *setting, const char *what, const struct unit *units,
                           struct buf *out)
{
    buf_add_format(out, "%s from ", what);
    units_print(units, out, setting->min);
    buf_add(out, SPAN(" to "));
    units_print(units, out, setting->max);
}

static void describe_choices(const struct setting *setting, struct buf *out)
{
    for (const struct choice *choice = setting->choices; choice->word; choice++) {
        if (choice > setting->choices)
            buf_add(out, choice[1].word ? SPAN(", ") : SPAN(" or "));
        buf_add(out, span_of(choice->word));
    }
}

void value_describe(const struct setting *setting, struct buf *out)
{
    switch (setting->type) {
    case SETTING_FLAG: buf_add(out, SPAN("yes or no")); return;
    case SETTING_NUMBER:
    case SETTING_PORTS:
    case SETTING_PORTS_OR_NONE:
    case SETTING_NUMBERS: describe_range(setting, "a number", units_none, out); return;
    case SETTING_AUTO:
        describe_range(setting, "a number", units_none, out);
        buf_add(out, SPAN(", or auto"));
        return;
    case SETTING_MARK: buf_add(out, SPAN("a mark (0x1 to 0xffffffff), or none")); return;
    case SETTING_BYTES: describe_range(setting, "a size (bytes, or with K, M, G)", units_bytes, out); return;
    case SETTING_TIME: describe_range(setting, "a duration (with ms, s, m, h or d)", units_time, out); return;
    case SETTING_TEXT: buf_add(out, SPAN("text")); return;
    case SETTING_COMMAND: buf_add(out, SPAN("the absolute path of a program, with its arguments")); return;
    case SETTING_REGEX: buf_add(out, SPAN("a regular expression")); return;
    case SETTING_NAME: buf_add(out, SPAN("a name (letters, digits, - _ .)")); return;
    case SETTING_NAME_OR_NONE: buf_add(out, SPAN("a name (letters, digits, - _ .) or nothing")); return;
    case SETTING_PATH: buf_add(out, SPAN("an absolute path")); return;
    case SETTING_PATH_OR_NONE: buf_add(out, SPAN("an absolute path or nothing")); return;
    case SETTING_SELF_TEST: buf_add(out, SPAN("eicar, none or an absolute path")); return;
    case SETTING_ADDRESSES:
        buf_add(out, SPAN("a numeric address with its port (192.0.2.1:110 or [2001:db8::1]:110)"));
        return;
    case SETTING_SOCKETS:
        buf_add(out,
                SPAN("the absolute path of a socket, or a numeric address with its port (127.0.0.1:3310)"));
        return;
    case SETTING_LANGUAGES:
        buf_add(out,
                SPAN("a name (letters, digits, - _ .), then none or more of NETWORK:NAME (192.0.2.0/24:fr "
                     "or 2001:db8::/32:de)"));
        return;
    case SETTING_WORDS:
        buf_add(out, SPAN("none or more of "));
        describe_choices(setting, out);
        return;
    case SETTING_INTERFACES: buf_add(out, SPAN("the name of an interface (eth0)")); return;
    case SETTING_NETWORKS:
        buf_add(out, SPAN("a network or an address (192.0.2.0/24, 2001:db8::/32, 192.0.2.1)"));
        return;
    case SETTING_PEERS:
        buf_add(out,
                SPAN("the name of a host, *.NAME, an address or a network (pop.example.org, *.example.org, "
                     "192.0.2.0/24)"));
        return;
    case SETTING_HOSTS:
        buf_add(out, SPAN("a numeric address without a port (192.0.2.1 or 2001:db8::1)"));
        return;
    case SETTING_MASKED:
        buf_add(out, SPAN("a mark (0x1 to 0xffffffff), or a mark within its mask (0x6e00/0xff00)"));
        return;
    case SETTING_CHOICE:
    case SETTING_ENGINES: describe_choices(setting, out); return;
    }
}

bool value_refuse(const struct setting *setting, struct span text, struct buf *error)
{
    buf_add(error, SPAN("expected "));
    value_describe(setting, error);
    buf_add(error, SPAN(", got "));
    token_add_quoted(error, text);
    return false;
}
