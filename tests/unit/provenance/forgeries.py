"""Ways to spoil a draft and make every hash in it again; only the lie is left to notice."""

from tests.bundles import (
    CHOICE,
    COPY,
    DOCUMENTS,
    doc_hash,
    entry,
    line,
    pack,
    score_of,
    sha256,
)


def rescore(made):
    """Make results and scores fit the rows again, as a thorough forger would."""
    for task, rows in made.rows.items():
        made.results["results"][task] = entry(task, rows)
    made.scores = score_of(made.results, made.plan["suite"]["benchmarks"])
    return made.restate()


def drop_row(made, chance):
    rows = made.rows[chance.choice([CHOICE, COPY])]
    del rows[chance.randrange(len(rows))]
    rescore(made)


def double_row(made, chance):
    rows = made.rows[chance.choice([CHOICE, COPY])]
    index = chance.randrange(len(rows))
    rows.insert(index, rows[index])
    rescore(made)


def swap_rows(made, chance):
    rows = made.rows[chance.choice([CHOICE, COPY])]
    one, other = chance.sample(range(DOCUMENTS), 2)
    rows[one], rows[other] = rows[other], rows[one]
    rescore(made)


def swap_documents(made, chance):
    rows = made.rows[CHOICE]
    one, other = chance.sample(range(DOCUMENTS), 2)
    rows[one]["doc_id"], rows[other]["doc_id"] = other, one
    rows[one], rows[other] = rows[other], rows[one]
    rescore(made)


def drop_filter(made, chance):
    made.rows[COPY] = made.rows[COPY][:DOCUMENTS]
    del made.plan["suite"]["benchmarks"][1]
    rescore(made)


def change_document(made, chance):
    row = chance.choice(made.rows[CHOICE])
    row["doc"]["question"] += "!"
    row["doc_hash"] = doc_hash(row["doc"])
    made.restate()


def change_prompt(made, chance):
    row = chance.choice(made.rows[CHOICE])
    for arguments in row["arguments"].values():
        arguments["arg_0"] += " Think."
    row["prompt_hash"] = sha256(row["arguments"]["gen_args_0"]["arg_0"])
    made.restate()


def change_prompt_only(made, chance):
    chance.choice(made.rows[COPY])["arguments"]["gen_args_0"]["arg_0"] += "!"
    made.restate()


def change_continuation(made, chance):
    row = chance.choice(made.rows[CHOICE])
    row["arguments"][f"gen_args_{chance.randrange(4)}"]["arg_1"] += "x"
    made.restate()


def change_settings(made, chance):
    chance.choice(made.rows[COPY])["arguments"]["gen_args_0"]["arg_1"]["do_sample"] = True
    made.restate()


def change_target(made, chance):
    row = chance.choice(made.rows[COPY])
    row["target"] += "x"
    made.restate()


def change_doc_hash(made, chance):
    chance.choice(made.rows[CHOICE])["doc_hash"] = "0" * 64
    made.restate()


def change_rows_root(made, chance):
    made.scores["samples"][chance.randrange(2)]["root"] = "0" * 64


def change_row_count(made, chance):
    made.scores["samples"][chance.randrange(2)]["rows"] += 1


def change_score(made, chance):
    made.scores["score"]["value"] += 10 ** -chance.randint(1, 15)


def change_score_error(made, chance):
    made.scores["score"]["stderr"] = chance.choice([None, 0.5, 0.0])


def change_benchmark(made, chance):
    row = chance.choice(made.scores["benchmarks"])
    key = chance.choice(["value", "stderr", "n"])
    row[key] = row[key] + 1


def change_result(made, chance):
    row = made.results["results"][chance.choice([CHOICE, COPY])]
    key = chance.choice([key for key in row if "," in key])
    row[key] = row[key] + 10 ** -chance.randint(1, 15)
    made.scores |= score_of(made.results, made.plan["suite"]["benchmarks"])


def hide_error(made, chance):
    row = made.results["results"][CHOICE]
    row["acc_norm_stderr,none"] = "N/A"
    made.scores |= score_of(made.results, made.plan["suite"]["benchmarks"])


def add_result(made, chance):
    made.results["results"][CHOICE]["acc_best,none"] = 1.0


def change_metric(made, chance):
    row = chance.choice(made.rows[chance.choice([CHOICE, COPY])])
    metric = chance.choice(row["metrics"])
    row[metric] = 1.0 - row[metric]
    rescore(made)


def change_response(made, chance):
    row = chance.choice([row for row in made.rows[CHOICE] if row["acc"] == 0.0])
    index = int(row["target"])
    row["resps"][index] = [["-0.0001", "True"]]
    row["filtered_resps"][index] = ["-0.0001", "True"]
    made.restate()


def change_response_only(made, chance):
    row = chance.choice(made.rows[chance.choice([CHOICE, COPY])])
    row["resps"][0] = [["-77.0", "False"]] if row in made.rows[CHOICE] else ["something else"]
    made.restate()


def spoil_response(made, chance):
    row = chance.choice(made.rows[CHOICE])
    row["resps"][0] = row["filtered_resps"][0] = chance.choice([None, [], "x", 3, [["a", "b"]]])
    made.restate()


def add_response(made, chance):
    """Keep a second response at hand, as if the better of two had been chosen."""
    chance.choice(made.rows[COPY])["resps"][0].append("another")
    made.restate()


def forge_answer(made, chance):
    row = chance.choice([row for row in made.rows[COPY] if row["exact_match"] == 0.0])
    row["filtered_resps"], row["exact_match"] = [row["target"]], 1.0
    rescore(made)


def drop_metric(made, chance):
    for row in made.rows[CHOICE]:
        row["metrics"].remove("acc")
    rescore(made)


def change_sizes(made, chance):
    made.results["results"][CHOICE]["sample_len"] *= 10
    made.results["n-samples"][CHOICE]["effective"] *= 10
    made.scores |= score_of(made.results, made.plan["suite"]["benchmarks"])


def change_task_hash(made, chance):
    made.results["task_hashes"][chance.choice([CHOICE, COPY])] = "0" * 64


def change_choices(made, chance):
    """Leave the delimiter out of the configuration, so that choices are longer than they were."""
    made.results["configs"][CHOICE]["target_delimiter"] = ""


def change_suite(made, chance):
    made.plan["suite"]["benchmarks"][0]["metrics"] = ["acc"]


def change_components(made, chance):
    made.plan["suite"]["benchmarks"][0]["components"][0]["metric"] = "acc"


def change_normalisation(made, chance):
    made.plan["suite"]["benchmarks"][0]["normalised"] = True


def empty_benchmark(made, chance):
    made.plan["suite"]["benchmarks"][0]["components"] = []


def change_output_type(made, chance):
    made.results["configs"][CHOICE]["output_type"] = "generate_until"


def hide_configuration(made, chance):
    del made.results["configs"][chance.choice([CHOICE, COPY])]


def change_model(made, chance):
    made.weights["revision"] = "1" * 64


def double_key_in_row(made, chance):
    row = line(made.rows[CHOICE][3])
    key = chance.choice([b'"acc"', b'"doc_id"', b'"target"', b'"choices"'])
    made.rows[CHOICE][3] = row.replace(key, key + b': "\\\\\\"", ' + key, 1)
    made.restate()


def spoil_row(made, chance):
    made.rows[CHOICE][3] = chance.choice([b"", b"{", b"[]", b"\xff", b'"x"', b"[" * 99_999])
    made.restate()


def drop_field(made, chance):
    row = made.rows[CHOICE][3]
    del row[chance.choice([key for key in row if key not in {"doc_hash", "acc", "acc_norm"}])]
    made.restate()


def add_bomb(made, chance):
    made.extra["results/samples/" + CHOICE + ".jsonl.zst"] = pack([b"0" * (100 << 20)])


#: What is changed, how often with other seeds, and the check that must refuse it.
FORGERIES = [
    (drop_row, 10, 9),
    (double_row, 10, 9),
    (swap_rows, 10, 9),
    (swap_documents, 6, 9),
    (drop_filter, 1, 9),
    (change_document, 6, 9),
    (change_row_count, 2, 9),
    (drop_field, 10, 9),
    (change_prompt, 6, 10),
    (change_prompt_only, 4, 10),
    (change_continuation, 8, 10),
    (change_settings, 4, 10),
    (change_target, 4, 10),
    (change_doc_hash, 3, 10),
    (change_rows_root, 2, 10),
    (change_score, 10, 11),
    (change_score_error, 5, 11),
    (change_benchmark, 10, 11),
    (change_result, 15, 11),
    (hide_error, 1, 11),
    (add_result, 1, 11),
    (change_metric, 15, 11),
    (change_response, 5, 11),
    (change_response_only, 10, 11),
    (spoil_response, 12, 11),
    (forge_answer, 5, 11),
    (add_response, 2, 11),
    (drop_metric, 1, 11),
    (change_sizes, 1, 11),
    (change_task_hash, 2, 10),
    (change_choices, 1, 11),
    (change_suite, 1, 11),
    (change_components, 1, 11),
    (change_normalisation, 1, 11),
    (empty_benchmark, 1, 11),
    (change_output_type, 1, 11),
    (hide_configuration, 2, 11),
    (change_model, 1, 8),
    (double_key_in_row, 8, 1),
    (spoil_row, 12, 1),
    (add_bomb, 1, 1),
]
