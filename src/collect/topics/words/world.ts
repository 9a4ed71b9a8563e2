/** Education, science, and the news of crime, disasters and war. */
export const WORLD = `
132 Education: education, teaching, teacher, school?, bildung, educacion, educacao, istruzione, enseignement,
    lehrer, professeur, maestro?, professor, classroom, pedagogy, curriculum, unterricht, lesson plan, schule,
    scuola, escola, edtech, ensino, scolaire
  133 Adult Education: adult education, continuing education, evening school, volkshochschule, vhs kurs,
      formation continue, educacion de adultos, lifelong learning, erwachsenenbildung
  137 College Education: college, university, universität, universite, universidad, universidade, universita,
      campus, hochschule, studium, fakultat, harvard, stanford, oxford university, higher education,
      college student, uni?, studieren
    138 College Planning: college admission, college application, college planning, university ranking,
        common app, campus tour, studienwahl, parcoursup, numerus clausus, college essay
    139 Postgraduate Education: postgraduate, phd, doctorate, doctoral, masters degree, graduate school,
        masterstudium, promotion doktor, doctorat, doctorado, mestrado, doutorado, dissertation, doktorarbeit,
        thesis, postdoc, laurea magistrale
      140 Professional School: law school, business school, medical school, mba program, ecole de commerce,
          escuela de negocios
    141 Undergraduate Education: undergraduate, bachelors degree, bachelor of science, bachelor of arts,
        bachelorstudium, college major, licenciatura, laurea triennale, freshman year
  142 Early Childhood Education: early childhood education, early learning, montessori, frühkindliche bildung,
      educacion infantil, ecole maternelle, frühförderung, waldorf kindergarten
  143 Educational Assessment: educational assessment, exam, exam result, school report, prüfung, examen,
      exame, esame, abschlussprüfung, pisa study, grading rubric
    144 Standardized Testing: standardized test, gre test, gmat, toefl, ielts, lsat, mcat, test prep, delf,
        goethe zertifikat
  145 Homeschooling: homeschool, homeschooling, home education, hausunterricht, ecole a la maison, unschooling
  146 Homework and Study: homework, study guide, study tip, study skills, flashcard, revision notes,
      hausaufgaben, devoirs scolaires, deberes, compiti, note taking, lernen?, cliffsnotes
  147 Language Learning: language learning, learn english, learn spanish, learn french, learn german,
      duolingo, vocabulary, grammar, sprachkurs, englisch lernen, vokabeln, apprendre l anglais,
      aprender ingles, imparare l inglese, foreign language, dictionary?, conjugation, conjugaison, grammatik,
      wörterbuch, translation?, babbel, esl, grammaire, gramatica, learn japanese, deutsch lernen
  148 Online Education: online course, online education, elearning, e learning, mooc, coursera, udemy,
      khan academy, edx, online degree, distance learning, fernstudium, formation en ligne, cursos online,
      curso online, corso online, fernuniversitat, online tutorial
  149 Primary Education: primary school, elementary school, primary education, grundschule, ecole primaire,
      escuela primaria, escola primaria, scuola primaria, scuola elementare, einschulung, grade school
  134 Private School: private school, boarding school, prep school, privatschule, internat, ecole privee,
      colegio privado, escola particular
464 Science: science, scientific, scientist, research?, wissenschaft, ciencia, scienza,
    recherche scientifique, forschung, laboratory, experiment?, mathematics, math, maths, mathematik,
    mathematiques, matematicas, matematica, peer review, nobel prize physics, statistics, algebra, calculus,
    geometry, theorem, nanotechnology, statistik, wissenschaftler, scientific american, neuroscience
  465 Biological Sciences: biology, biologist, microbiology, zoology, botany, marine biology, biologie,
      biologia, evolution?, organism, dinosaur, paleontology, cell biology, species, ecology, dinosaurier,
      bacteria, photosynthesis, entomology, insect, fossil
  466 Chemistry: chemistry, chemist, periodic table, organic chemistry, molecule, chemie, chimie, quimica,
      chimica, catalyst?, biochemistry, polymer, chemical reaction, chemical element
  467 Environment: environment?, climate change, global warming, sustainability, sustainable, pollution,
      recycling, carbon footprint, biodiversity, conservation?, deforestation, greenhouse gas, umwelt,
      umweltschutz, klimawandel, klimaschutz, nachhaltigkeit, environnement, changement climatique,
      developpement durable, medio ambiente, cambio climatico, meio ambiente, sustentabilidade, ambiente?,
      cambiamento climatico, zero waste, renewable, endangered species, plastic waste, rainforest,
      nature conservation, ecologie, ecologia, naturschutz, eco friendly, co2
  468 Genetics: genetics, genome, dna sequencing, crispr, genomics, genetik, genetica, genetique,
      gene editing, chromosome, rna, heredity
  469 Geography: geography, geographer, world map, geographie, erdkunde, geografia, atlas?, continent,
      capital cities, topography, landkarte, cartographie
  470 Geology: geology, geologist, volcano, volcanic, mineral?, plate tectonics, geologie, geologia, gemstone,
      vulkan, volcan, sedimentary, seismology, rock formation, stratigraphy, glacier
  471 Physics: physics, physicist, quantum, quantum mechanics, particle physics, cern, higgs boson, einstein,
      relativity, thermodynamics, physik, physique, fisica, electromagnetism, nuclear fusion, dark matter,
      optics, string theory, hawking, large hadron collider, quantenphysik
  472 Space and Astronomy: astronomy, astronomer, nasa, spacex, telescope, galaxy?, black hole, planet,
      mars rover, rocket launch, solar system, astronaut, james webb, hubble, milky way, meteor shower, comet,
      asteroid, astronomie, astronomia, raumfahrt, weltraum, weltall, sonnensystem, espace spatial,
      satellite?, solar eclipse, lunar eclipse, esa mission, space station, exoplanet, moon landing,
      cosmology, fusee ariane, supernova, stargazing, spacecraft
  390 Weather: weather, weather forecast, wetter, wettervorhersage, meteo, meteorology, previsao do tempo,
      rainfall, temperature?, storm?, snowfall, thunderstorm, heat wave, heatwave, unwetter, tiempo manana,
      prevision meteo, meteorologia, wetterbericht, humidity, cold front, weather radar, clima hoy,
      pollenflug, barometer
380 Crime: crime, murder, robbery, burglary, homicide, fraud?, theft, arrested, police report, manhunt,
    krimineller, kriminalität, mord, polizei, criminalite, meurtre, fait divers, crimen, asesinato,
    assassinato, omicidio, cronaca nera, kidnapping, drug trafficking, money laundering,
    criminal investigation, crime scene, courtroom trial, scam, policia, carabinieri, polizeibericht, einbruch
381 Disasters: disaster, earthquake, hurricane, tornado, tsunami, flood, flooding, wildfire, landslide,
    plane crash, train crash, typhoon, cyclone, erdbeben, hochwasser, überschwemmung, waldbrand, katastrophe,
    tremblement de terre, seisme, inondation, catastrophe, incendie, terremoto, inundacion, incendio forestal,
    enchente, alluvione, avalanche, volcanic eruption, evacuation order, natural disaster, storm damage,
    shipwreck, famine, drought, train derailment
389 War and Conflicts: war?, warfare, invasion, ceasefire, airstrike, battlefield, battlefront,
    military operation, krieg, guerre, guerra, armed conflict, soldier, frontline, peace talks, troops,
    naval fleet, waffenstillstand, cessez le feu, alto el fuego, missile strike, artillery, war correspondent,
    peacekeeping, bundeswehr, konflikt?, armistice
`;
