-- What must never be false of assignments and votes, in SQL that SQLite and PostgreSQL both read. Each statement lists
-- violations: a sound database answers every one with no row. The comment above a statement is its name.

-- a comparison has more annotators than its quota
SELECT c.id FROM annotations_comparison c
JOIN annotations_assignment a ON a.comparison_id = c.id AND a.slot IS NOT NULL
GROUP BY c.id, c.quota HAVING count(*) > c.quota;

-- a comparison's counter is not the number of its places
SELECT c.id FROM annotations_comparison c
WHERE c.taken <> (SELECT count(*) FROM annotations_assignment a WHERE a.comparison_id = c.id AND a.slot IS NOT NULL);

-- an annotator has a comparison twice
SELECT comparison_id, annotator_id FROM annotations_assignment
GROUP BY comparison_id, annotator_id HAVING count(*) > 1;

-- a place is held twice, or lies beyond the quota
SELECT a.comparison_id FROM annotations_assignment a
JOIN annotations_comparison c ON c.id = a.comparison_id
WHERE a.slot IS NOT NULL
GROUP BY a.comparison_id, a.slot, c.quota HAVING count(*) > 1 OR a.slot >= c.quota;

-- a rated pair lacks an answer
SELECT a.id FROM annotations_assignment a
JOIN annotations_comparison c ON c.id = a.comparison_id
WHERE a.state = 'done'
AND (SELECT count(*) FROM annotations_judgement j WHERE j.assignment_id = a.id)
 <> (SELECT count(*) FROM annotations_criterion k WHERE k.study_id = c.study_id);

-- an answer is not the last one of its history
SELECT j.id FROM annotations_judgement j
WHERE j.outcome <> COALESCE((
    SELECT r.outcome FROM annotations_judgementrevision r
    WHERE r.assignment_id = j.assignment_id AND r.criterion_id = j.criterion_id
    ORDER BY r.id DESC LIMIT 1), 'none');

-- an answer of the history is neither current nor withdrawn
SELECT r.assignment_id, r.criterion_id FROM annotations_judgementrevision r
WHERE r.id = (
    SELECT max(l.id) FROM annotations_judgementrevision l
    WHERE l.assignment_id = r.assignment_id AND l.criterion_id = r.criterion_id)
AND r.outcome <> ''
AND NOT EXISTS (
    SELECT 1 FROM annotations_judgement j
    WHERE j.assignment_id = r.assignment_id AND j.criterion_id = r.criterion_id);

-- an answer was recorded under the key of another
SELECT client_key FROM annotations_judgementrevision GROUP BY client_key HAVING count(*) > 1;

-- a gold or training pair was given without an expected answer
SELECT DISTINCT a.comparison_id FROM annotations_assignment a
JOIN annotations_comparison c ON c.id = a.comparison_id
WHERE c.purpose <> 'rating'
AND NOT EXISTS (SELECT 1 FROM annotations_expectedanswer e WHERE e.comparison_id = c.id);

-- a pair of systems counts other votes than there are
SELECT p.id FROM annotations_paircount p
WHERE p.votes <> (
    SELECT count(*) FROM annotations_judgement j
    JOIN annotations_assignment a ON a.id = j.assignment_id AND a.slot IS NOT NULL
    JOIN annotations_annotator w ON w.id = a.annotator_id AND w.excluded_at IS NULL
    JOIN annotations_comparison c ON c.id = a.comparison_id AND c.study_id = p.study_id AND c.purpose = 'rating'
    JOIN models_runner_summary sa ON sa.id = c.summary_a_id
    JOIN models_runner_run ra ON ra.id = sa.run_id
    JOIN models_runner_summary sb ON sb.id = c.summary_b_id
    JOIN models_runner_run rb ON rb.id = sb.run_id
    WHERE j.criterion_id = (
        SELECT k.id FROM annotations_criterion k WHERE k.study_id = p.study_id ORDER BY k.position LIMIT 1)
    AND (ra.system_id = p.system_1_id AND rb.system_id = p.system_2_id
         OR ra.system_id = p.system_2_id AND rb.system_id = p.system_1_id));

-- a pair of systems with votes of an adaptive study is not counted
SELECT j.id FROM annotations_judgement j
JOIN annotations_assignment a ON a.id = j.assignment_id AND a.slot IS NOT NULL
JOIN annotations_annotator w ON w.id = a.annotator_id AND w.excluded_at IS NULL
JOIN annotations_comparison c ON c.id = a.comparison_id AND c.purpose = 'rating'
JOIN annotations_study t ON t.id = c.study_id AND t.sampling = 'adaptive'
JOIN models_runner_summary sa ON sa.id = c.summary_a_id
JOIN models_runner_run ra ON ra.id = sa.run_id
JOIN models_runner_summary sb ON sb.id = c.summary_b_id
JOIN models_runner_run rb ON rb.id = sb.run_id
WHERE j.criterion_id = (
    SELECT k.id FROM annotations_criterion k WHERE k.study_id = t.id ORDER BY k.position LIMIT 1)
AND NOT EXISTS (
    SELECT 1 FROM annotations_paircount p WHERE p.study_id = t.id
    AND p.system_1_id = CASE WHEN ra.system_id < rb.system_id THEN ra.system_id ELSE rb.system_id END
    AND p.system_2_id = CASE WHEN ra.system_id < rb.system_id THEN rb.system_id ELSE ra.system_id END);

-- an annotator's lead of a system is not that of the pairs they were given
SELECT annotator_id, system_id FROM (
    SELECT annotator_id, system_id, lead FROM annotations_sidelead
    UNION ALL
    SELECT a.annotator_id, r.system_id, CASE a.shown_left WHEN 'a' THEN -1 ELSE 1 END FROM annotations_assignment a
    JOIN annotations_comparison c ON c.id = a.comparison_id
    JOIN models_runner_summary s ON s.id = c.summary_a_id
    JOIN models_runner_run r ON r.id = s.run_id
    UNION ALL
    SELECT a.annotator_id, r.system_id, CASE a.shown_left WHEN 'b' THEN -1 ELSE 1 END FROM annotations_assignment a
    JOIN annotations_comparison c ON c.id = a.comparison_id
    JOIN models_runner_summary s ON s.id = c.summary_b_id
    JOIN models_runner_run r ON r.id = s.run_id) leads
WHERE annotator_id IN (SELECT w.id FROM annotations_annotator w WHERE NOT w.imported)
GROUP BY annotator_id, system_id HAVING sum(lead) <> 0;

-- a rated pair lacks a mark that its study requires
SELECT a.id FROM annotations_assignment a
JOIN annotations_annotator w ON w.id = a.annotator_id AND NOT w.imported
JOIN annotations_study s ON s.id = w.study_id AND s.ask_marks = 'required'
JOIN annotations_comparison c ON c.id = a.comparison_id
JOIN annotations_judgement j ON j.assignment_id = a.id
JOIN models_runner_summary l ON j.outcome IN ('b', 'both_bad') AND l.id = c.summary_a_id
    OR j.outcome IN ('a', 'both_bad') AND l.id = c.summary_b_id
WHERE a.state = 'done'
AND NOT EXISTS (
    SELECT 1 FROM marks_mark m LEFT JOIN marks_withdrawal t ON t.mark_id = m.id
    WHERE m.assignment_id = a.id AND m.summary_id = l.id AND t.id IS NULL)
AND NOT EXISTS (SELECT 1 FROM marks_noerrorfound n WHERE n.assignment_id = a.id AND n.summary_id = l.id);
