#include "mail/mail_header.h"

enum { STATE_LINE, STATE_NAME, STATE_COLON, STATE_VALUE, STATE_JUNK, STATE_END };

/* Symbols of the grammar: a byte, or a line end in any of its forms. */
enum { LINE_END = -1, NOTHING = -2 };

void mail_header_init(struct mail_header *header)
{
    memset(header, 0, offsetof(struct mail_header, text));
    header->state = STATE_LINE;
}

/* Returns the next symbol without consuming it. CRs are only counted until the byte after them is known. */
static int peek(struct mail_header *header, struct span *bytes)
{
    while (bytes->n && *bytes->p == '\r') {
        if (header->returns < 2)
            header->returns++;
        *bytes = span_from(*bytes, 1);
    }
    if (bytes->n == 0)
        return NOTHING;
    if (*bytes->p == '\n' || header->returns)
        return LINE_END;
    return (unsigned char)*bytes->p;
}

static void take(struct mail_header *header, struct span *bytes)
{
    if (bytes->n && (*bytes->p == '\n' || header->returns == 0)) {
        header->returns = 0;
        *bytes = span_from(*bytes, 1);
    } else {
        header->returns--;
    }
}

static bool is_white(int symbol)
{
    return symbol == ' ' || symbol == '\t';
}

static bool is_name(int symbol)
{
    return symbol > ' ' && symbol < 0x7f && symbol != ':';
}

static void keep(struct mail_header *header, char c)
{
    if (header->n - header->name_n < MAIL_HEADER_FIELD_MAX)
        header->text[header->n++] = c;
    else
        header->is_cut = true;
}

static enum mail_header_event emit_field(struct mail_header *header, struct mail_field *field)
{
    header->has_field = false;
    *field = (struct mail_field){
        .name = {header->text, header->name_n},
        .value = {header->text + header->name_n, header->n - header->name_n},
        .is_cut = header->is_cut,
    };
    return MAIL_HEADER_FIELD;
}

static bool is_envelope(const struct mail_header *header)
{
    struct span text = {header->text, header->n};

    return header->state == STATE_COLON && (span_eq(text, SPAN("From")) || span_eq(text, SPAN(">From")));
}

/* Called when a line turns out not to be a field. */
static void refuse_line(struct mail_header *header, int symbol)
{
    if (!header->first_line_seen && !is_envelope(header))
        header->state = STATE_END;
    else
        header->state = symbol == LINE_END ? STATE_LINE : STATE_JUNK;
}

/* Handles the first symbol of a line. False: the symbol ends the previous field, and is not consumed. */
static bool begin_line(struct mail_header *header, int symbol)
{
    if (is_white(symbol) && header->has_field) {
        keep(header, '\r');
        keep(header, '\n');
        keep(header, (char)symbol);
        header->state = STATE_VALUE;
        return true;
    }
    if (header->has_field)
        return false;
    header->n = header->name_n = 0;
    header->is_cut = false;
    if (symbol == LINE_END) {
        header->state = STATE_END;
    } else if (is_name(symbol)) {
        header->text[header->n++] = (char)symbol;
        header->state = STATE_NAME;
    } else {
        refuse_line(header, symbol);
    }
    return true;
}

static void end_name(struct mail_header *header)
{
    header->name_n = header->n;
    header->has_field = true;
    header->first_line_seen = true;
    header->state = STATE_VALUE;
}

static void take_name(struct mail_header *header, int symbol)
{
    if (symbol == ':')
        end_name(header);
    else if (is_name(symbol) && header->n < MAIL_HEADER_NAME_MAX)
        header->text[header->n++] = (char)symbol;
    else if (is_white(symbol))
        header->state = STATE_COLON;
    else
        refuse_line(header, symbol);
}

static void take_colon(struct mail_header *header, int symbol)
{
    if (symbol == ':')
        end_name(header);
    else if (!is_white(symbol))
        refuse_line(header, symbol);
}

static void take_value(struct mail_header *header, int symbol)
{
    if (symbol == LINE_END)
        header->state = STATE_LINE;
    else
        keep(header, (char)symbol);
}

static void skip_junk(struct mail_header *header, int symbol)
{
    if (symbol == LINE_END) {
        header->state = STATE_LINE;
        header->first_line_seen = true;
    }
}

/* False: the symbol is not consumed. */
static bool step(struct mail_header *header, int symbol)
{
    switch (header->state) {
    case STATE_LINE: return begin_line(header, symbol);
    case STATE_NAME: take_name(header, symbol); break;
    case STATE_COLON: take_colon(header, symbol); break;
    case STATE_VALUE: take_value(header, symbol); break;
    case STATE_JUNK: skip_junk(header, symbol); break;
    default: break;
    }
    return header->state != STATE_END;
}

enum mail_header_event mail_header_next(struct mail_header *header, struct span *bytes,
                                        struct mail_field *field)
{
    while (header->state != STATE_END) {
        int symbol = peek(header, bytes);

        if (symbol == NOTHING)
            return MAIL_HEADER_MORE;
        if (step(header, symbol))
            take(header, bytes);
        else if (header->has_field)
            return emit_field(header, field);
    }
    return MAIL_HEADER_END;
}

enum mail_header_event mail_header_finish(struct mail_header *header, struct mail_field *field)
{
    header->state = STATE_END;
    header->returns = 0;
    return header->has_field ? emit_field(header, field) : MAIL_HEADER_END;
}
