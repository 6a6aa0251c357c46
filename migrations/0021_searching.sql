-- What a search may cost: anybody may search the gallery, and each beginning of a word is looked for in the whole index.

-- What somebody typed to search by. Every word must be there, and may be the beginning of a longer one; one letter of an
-- alphabet begins too many words, and stands for itself. Of more than eight different words the first eight count. Where each
-- character is a word, those that were typed together must stand together.
create or replace function search_query(words text) returns tsquery language sql immutable strict parallel safe
return (
    select coalesce(string_agg(term, ' & ' order by place), '')::tsquery
    from (
        select term, min(place) as place
        from (
            select place * 1000 + token.positions[1] as place,
                   '''' || replace(replace(token.lexeme, '\', '\\'), '''', '''''') || ''''
                   || case when token.lexeme ~ '^[\u0001-\u05ff]$' then '' else ':*' end as term
            from regexp_split_to_table(words, '\s+') with ordinality typed (word, place),
                 unnest(to_tsvector('simple'::regconfig, spaced(word))) token (lexeme, positions, weights)
            where word !~ '[\u3040-\u30ff\u3400-\u9fff]'
            union all
            select place * 1000, '(' || phraseto_tsquery('simple'::regconfig, spaced(left(word, 40)))::text || ')'
            from regexp_split_to_table(words, '\s+') with ordinality typed (word, place)
            where word ~ '[\u3040-\u30ff\u3400-\u9fff]'
        ) terms
        group by term order by min(place) limit 8
    ) counted
);
